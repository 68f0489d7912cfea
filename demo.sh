# `make demo`: the whole job on scikit-learn's digits, offline. Needs `edgekit` on the PATH.
set -eu
RUN=exported/demo
rm -rf "$RUN"
edgekit train resnet8 --data digits --epochs 12 --batch-size 32 --out "$RUN"
edgekit export "$RUN" --all
# There are only 359 test images here, 36 of a class: one that flips moves accuracy by 0.28 points and the F1 of its
# class by 1.4, hence the wider limits.
edgekit verify "$RUN" --max-accuracy-drop 1.5 --max-f1-drop 6
echo
echo "Files for your app:"
ls -l "$RUN"/tflite/* "$RUN"/onnx/*
echo
echo "How it looks in pictures: $RUN/figures"
echo "Next, with your own images:  edgekit train --data folder:PATH"
