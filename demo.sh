# `make demo`: the whole job on scikit-learn's digits, offline. Needs `edgekit` on the PATH.
set -eu
RUN=exported/demo
rm -rf "$RUN"
edgekit train resnet8 --data digits --epochs 12 --out "$RUN"
edgekit export "$RUN" --all
edgekit verify "$RUN"
echo
echo "Files for your app:"
ls -l "$RUN"/tflite/* "$RUN"/onnx/*
echo
echo "How it looks in pictures: $RUN/figures"
echo "Next, with your own images:  edgekit train --data folder:PATH"
