"""One zip for a mobile developer: model files, labels, model card, golden vectors, code, checksums.

model.py            BundledModel: one file of the bundle, as templates and tests need it
code/               source code for apps, generated per model
"""
