import pytest

from edgekit.foundation.errors import TrainingError
from edgekit.foundation.progress import SilentProgress
from edgekit.training.monitor import Monitor, describe

LOGS = {"loss": 0.5, "accuracy": 0.75, "val_loss": 0.25, "val_accuracy": 1.0, "something_else": 3.0}


def make_monitor(history, saved):
    return Monitor(
        history=history,
        num_epochs=10,
        learning_rate=lambda: 0.1,
        start_epoch=lambda epoch: saved.append(f"shuffle {epoch}"),
        at_epoch_end=lambda: saved.append(f"save {len(history)}"),
        advance=lambda _: None,
        progress=SilentProgress(),
    )


def test_an_epoch_becomes_a_row_and_is_saved():
    history, events = [], []
    monitor = make_monitor(history, events)
    monitor.epoch_begins(0)
    monitor.epoch_ends(0, LOGS)
    losses = {name: value for name, value in LOGS.items() if name != "something_else"}
    assert history[0] | {"seconds": 0} == {"epoch": 1, **losses, "learning_rate": 0.1, "seconds": 0}
    assert events == ["shuffle 0", "save 1"]
    assert describe(history[0], 10).startswith("Epoch  1/10: loss 0.5000, accuracy 0.7500, validation loss 0.2500")


@pytest.mark.parametrize(
    ("name", "value"), [("loss", float("nan")), ("loss", float("inf")), ("val_loss", float("nan"))]
)
def test_a_loss_that_is_no_number_ends_the_training_and_is_not_saved(name, value):
    history, events = [], []
    monitor = make_monitor(history, events)
    with pytest.raises(TrainingError, match=rf"epoch 4: {name} is {value}.*learning rate"):
        monitor.epoch_ends(3, LOGS | {name: value})
    assert history == []
    assert events == []
