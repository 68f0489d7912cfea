"""Which files of a run go into a bundle, and its class names. Opens no model file."""

from collections.abc import Sequence

from edgekit.artifact import Artifact, Format, Precision
from edgekit.datasets.base import check_class_names
from edgekit.exporting.description import labels_text
from edgekit.foundation.errors import BundleError, DatasetError, UsageError
from edgekit.foundation.grammar import for_shell, listed
from edgekit.runs.folder import RunFolder
from edgekit.verification.verdict.targets import Target

FORMATS = {
    Target.ANDROID: (Format.TFLITE,),
    Target.IOS: (Format.TFLITE,),
    Target.WEB: (Format.TFLITE, Format.ONNX),
    Target.MCU: (Format.TFLITE,),
    Target.SERVER: (Format.TFLITE, Format.ONNX),
}
"""Target -> the formats that its runtimes read: LiteRT, LiteRT.js and onnxruntime-web, LiteRT for microcontrollers."""


def select(run: RunFolder, target: Target | None, precisions: Sequence[Precision]) -> tuple[Artifact, ...]:
    """The files of `run` for `target` in these precisions; all if nothing is said.

    Raises:
        RunFolderError: A file was changed or is missing.
        BundleError: There is no such file.
    """
    chosen = tuple(
        one
        for one in run.artifacts()
        if (target is None or one.format in FORMATS[target])
        and (target is not Target.MCU or one.precision is Precision.INT8)
        and (not precisions or one.precision in precisions)
    )
    have = {one.precision for one in chosen}
    missing = [each for each in precisions if each not in have]
    if missing or not chosen:
        wanted = " ".join([*(f"--{each}" for each in missing)] or (["--int8"] if target is Target.MCU else ["--all"]))
        fitting = f" for {target.words}" if target else ""
        raise BundleError(
            f"{run.path} holds no {listed(missing) or 'such'} file{fitting} to bundle. Export one first: "
            f"edgekit export {for_shell(run.path)} {wanted}"
        )
    return chosen


def class_names_of(run: RunFolder) -> tuple[str, ...]:
    """The classes in the order of the scores.

    Raises:
        BundleError: There is none, or a name is empty, occurs twice, or does not fit on a line of labels.txt.
    """
    names = tuple(run.manifest.get("dataset", {}).get("class_names", ()))
    if not names and run.reference_path.is_file():
        names = run.reference().class_names
    try:
        check_class_names(run.name, names)
        labels_text(names)
    except (DatasetError, UsageError) as error:
        raise BundleError(
            f"{run.path} cannot be bundled: {error} Rename the classes and make the run again."
        ) from error
    return names


def check_num_labels(labels: Sequence[str], num_scores: int, file: str) -> None:
    """Raise BundleError if a model gives another number of scores than there are labels."""
    if len(labels) != num_scores:
        raise BundleError(
            f"The run names {len(labels)} classes, and {file} gives {num_scores} scores. Expected one name per score. "
            f"Restore the manifest, or make the run again."
        )
