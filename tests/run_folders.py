"""Run folders as `edgekit train` leaves them, made without training: what they say is what a test wants to read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.run_folder import RunFolder, write_json, write_text
from edgekit.run_summary import HISTORY_COLUMNS


def make_run(
    path: Path,
    *,
    val_accuracies: Sequence[float] = (0.5, 0.75, 0.7),
    test_accuracy: float | None = 0.72,
    data: str = "a" * 64,
    training_data: str = "b" * 64,
    **manifest: Any,
) -> RunFolder:
    """A run of as many epochs as there are validation accuracies."""
    run = RunFolder.create(
        path,
        {
            "status": "finished",
            "recipe": "cnn6",
            "num_parameters": 1000,
            "epochs": len(val_accuracies),
            "seconds": 12.5,
            "dataset": {
                "name": "digits",
                "sha256": data,
                "train_sha256": training_data,
                "num_train": 100,
                "num_validation": 20,
                "num_test": 30,
                "image_shape": [32, 32, 3],
                "class_names": ["cat", "dog"],
            },
            **manifest,
        },
    )
    rows = [
        [epoch + 1, 1 / (epoch + 1), 0.6 + epoch / 10, 0.5, accuracy, 0.001, 4.0]
        for epoch, accuracy in enumerate(val_accuracies)
    ]
    lines = [",".join(HISTORY_COLUMNS), *(",".join(map(str, row)) for row in rows)]
    write_text(run.history_path, "\n".join(lines) + "\n")
    run.model_path.write_bytes(b"m" * 4321)
    paths = [run.history_path, run.model_path]
    if test_accuracy is not None:
        write_json(run.report_path, {"accuracy": test_accuracy})
        paths.append(run.report_path)
    run.record(*paths)
    return run
