"""Golden vectors: images with the exact tensors that go into a model and come out of it.

choice.py        which images of the test split
synthetic.py     images that no photograph is needed for
tensors.py       runs files in worker processes and brings back raw tensors
worker.py        the worker's side of it
measuring.py     every file in every runtime: expected outputs, and how far runtimes differ
document.py      golden.json
checking.py      a bundle's vectors against what the runtimes here answer
"""
