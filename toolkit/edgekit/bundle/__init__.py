"""One zip for an app developer: model files, labels, model card, golden vectors, code, checksums.

    job.py              the path from a run to the zip
    selection.py        which files; standing.py: whether they were verified as they are
    subject.py          what is bundled, before anything is run; files.py: every file that the zip holds
    model.py            BundledModel: one file of the bundle, as templates and tests need it
    golden/             images with the exact tensors of every model
    card/               README.md in the format of the Hugging Face hub
    code/               source code for apps, generated per model
    archive/            the zip: written, read, signed
    verification.py     whether a bundle is what was made

`edgekit.bundle` is a function too; see `edgekit.foundation.callable_package`.
"""

from edgekit.foundation.callable_package import make_callable

make_callable(__name__, "edgekit.api.bundle:bundle")
