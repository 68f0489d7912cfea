"""From a recipe and a data set to a run folder with the trained model and its reference.

    folders.py      where a run goes, and whether it may go there
    identity.py     what must be the same for a training to continue
    network/        builds the recipe's network and checks it before an hour is spent on it; the copies of it that are
    trained
    hardware.py     devices, precision and machines as the user says them
    placement/      puts a training on devices, one file per backend
    engines/        how epochs are gone through, one file per engine
    failures.py     what a backend raises -> a sentence that says what to do
    batches.py      training batches whose order depends on the seed and the epoch only
    checkpoint.py   everything that a training needs to continue, in one file
    monitor.py      what happens at the end of an epoch
    learner.py      one training in memory: network, optimizer, callbacks, phases
    augmentation.py a few images and what augmentation makes of them, to look at
    tensorboard.py  the history for TensorBoard, if it is asked for
    results.py      what is written when it is over
    session.py      `train`: the whole of it

Knows no exporter and no runtime.
"""
