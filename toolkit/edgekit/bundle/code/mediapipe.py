"""Why a model has no code for MediaPipe Tasks, which Kotlin and Swift have beside that for LiteRT."""

from edgekit.artifact import Format
from edgekit.bundle.model import BundledModel
from edgekit.verification.verdict.targets import Target


def why_no_mediapipe(model: BundledModel) -> str:
    """Why a `.tflite` for Android or iOS has no code for MediaPipe; "" if it has, or is for something else."""
    is_wanted = model.format is Format.TFLITE and bool({Target.ANDROID, Target.IOS} & set(model.targets))
    if not is_wanted or model.is_for_mediapipe:
        return ""
    if not model.end_types <= {"uint8", "float32"}:
        return "Its ImageClassifier takes uint8 or float32, in and out. Export with --io uint8, the default."
    if model.image.channels != 3 or model.image.channels_first:
        return "Its ImageClassifier takes color images with channels last."
    if model.input.shape[0] not in (1, None):
        return "Its ImageClassifier takes one image at a time. Export with --batch 1, the default."
    return "Its ImageClassifier takes float input only from files with metadata. Export again without --no-metadata."
