"""Run folders as `edgekit train` leaves them, made without training: what they say is what a test wants to read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.foundation.atomic_files import write_json, write_text
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import HISTORY_COLUMNS


def make_run(
    path: Path,
    *,
    val_accuracies: Sequence[float] = (0.5, 0.75, 0.7),
    test_accuracy: float | None = 0.72,
    data: str = "a" * 64,
    training_data: str = "b" * 64,
    rate_factor: float = 1.0,
    **manifest: Any,
) -> RunFolder:
    """A run of as many epochs as there are validation accuracies, the rate of each `rate_factor` times the last."""
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
        [epoch + 1, 1 / (epoch + 1), 0.6 + epoch / 10, 0.5, accuracy, 0.1 * rate_factor**epoch, 4.0]
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


def make_full_run(path: Path, class_names: tuple[str, str] = ("cat", "dog"), **options: Any) -> RunFolder:
    """The same with everything that `edgekit report` shows: a real report, texts, and small pictures."""
    import numpy as np
    from PIL import Image

    from edgekit.metrics.classification import classification_report

    labels = np.arange(30) % 2
    scores = np.full((30, 2), 0.3, np.float32)
    scores[np.arange(30), labels] = 0.7
    scores[4] = scores[4][::-1]
    settings = {"seed": 0, "image_sizes": []}
    run = make_run(path, test_accuracy=None, settings=settings, versions={"keras": "3"}, **options)
    report = classification_report(scores, labels, class_names).to_dict()
    mistake = {"index": 4, "true": class_names[0], "predicted": class_names[1], "probability": 0.7}
    write_json(run.report_path, report | {"misclassified": [mistake]})
    rows = [f'"{name}",50,10,15' for name in class_names]
    write_text(run.path / "classes.csv", "\n".join(["class,train,validation,test", *rows]) + "\n")
    write_text(run.path / "summary.txt", "Model: one <Layer>\n")
    paths = [run.report_path, run.path / "classes.csv", run.path / "summary.txt"]
    for name in ("sample-images", "augmented", "misclassified"):
        run.figures_path.mkdir(exist_ok=True)
        paths.append(run.figures_path / f"{name}.png")
        Image.new("RGB", (640, 300), "teal").save(paths[-1])
    run.record(*paths)
    return run
