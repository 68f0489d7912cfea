"""CIFAR-10: the source, the files it comes in, and a pickle reader that executes nothing."""
