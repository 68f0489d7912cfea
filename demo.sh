# `make demo`: the whole job on scikit-learn's digits, offline. Needs `edgekit` on the PATH.
set -eu
RUN=exported/demo
rm -rf "$RUN"
edgekit train resnet8 --data digits --epochs 12 --batch-size 32 --out "$RUN"
edgekit export "$RUN" --all
# A class has only 36 test images here: one that flips moves its F1 by 1.4 points, hence the wider limit.
edgekit verify "$RUN" --max-f1-drop 6
echo
echo "Files for your app:"
ls -l "$RUN"/tflite/* "$RUN"/onnx/*
echo
echo "How it looks in pictures: $RUN/figures"
echo "Next, with your own images:  edgekit train --data folder:PATH"
