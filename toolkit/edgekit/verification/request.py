"""What a user asks of `edgekit verify`; checked when made. Reads no file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.datasets import Dataset
from edgekit.datasets.images.rule import RuleChoice
from edgekit.execution.model_interface import OUTPUTS
from edgekit.foundation.errors import UsageError
from edgekit.input_range import RAW, InputEncoding
from edgekit.tolerance import Tolerances
from edgekit.verification.sampling import Sampling


@dataclass(frozen=True, kw_only=True)
class ExternalModelOptions:
    """Input and output options of external models; None if not given.

    What is said of the candidates holds for a reference model too, unless something else is said of it.

    Attributes:
        input_range: What `InputEncoding.parse` reads.
        channel_order: "rgb" or "bgr".
        output: "probabilities" or "logits".
        labels: A file of class names in the model's order; it may name classes that the data set lacks.
        positive_class: The class that a single score is of, and whose probability `threshold` is for.
        threshold: The positive class of two is predicted above this probability, also by artifacts of a run.
        output_name: Which of several outputs holds the scores.
        reference_input_range: `input_range` of the reference model.
        reference_channel_order: `channel_order` of the reference model.
        reference_labels: `labels` of the reference model, or of a file of scores.
        reference_output_name: `output_name` of the reference model.
        custom_objects: A Python file with the layers of a Keras reference, which is executed.
        check_inputs: Whether likely mistakes are looked for on training images.
    """

    input_range: str | None = None
    channel_order: str | None = None
    output: str | None = None
    labels: Path | None = None
    positive_class: str | None = None
    threshold: float | None = None
    output_name: str | None = None
    reference_input_range: str | None = None
    reference_channel_order: str | None = None
    reference_labels: Path | None = None
    reference_output_name: str | None = None
    custom_objects: Path | None = None
    check_inputs: bool = True

    def __post_init__(self) -> None:
        if self.output not in (None, *OUTPUTS):
            raise UsageError(f"--output must be {' or '.join(OUTPUTS)}. Received '{self.output}'.")
        for text in (self.input_range, self.reference_input_range):
            InputEncoding.parse(text or RAW.text, self.channel_order or "rgb")
        InputEncoding(channel_order=self.reference_channel_order or "rgb")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise UsageError(
                f"--threshold is a probability between 0 and 1, without these two. Received {self.threshold:g}."
            )

    @property
    def given_for_candidates(self) -> tuple[str, ...]:
        """The options for candidates that were given: "--input-range"."""
        of_threshold = () if self.threshold is not None else ("positive_class",)
        return self._given("input_range", "channel_order", "output", "labels", *of_threshold, "output_name")

    @property
    def given_for_reference(self) -> tuple[str, ...]:
        """The options for the reference alone that were given."""
        return self._given(
            "reference_input_range", "reference_channel_order", "reference_labels", "reference_output_name"
        )

    def _given(self, *names: str) -> tuple[str, ...]:
        return tuple("--" + name.replace("_", "-") for name in names if getattr(self, name) is not None)


@dataclass(frozen=True, kw_only=True, eq=False)
class VerifyRequest:
    """What to verify, and how; empty means everything.

    Attributes:
        targets: Nothing (the newest run), one run folder, or model files.
        reference: A run folder, a `reference.npz`, a model or a file of scores; None: that of the run.
        data: The data set, or `NAME[:PATH]`; None: the one in the run's manifest.
        test_data: Where the test images are; None: in `data`.
        runtimes: Names of runtimes.
        precisions: Names of precisions.
        tolerances: The limits.
        reference_kernel_images: Images for LiteRT's reference kernels, at least 1; None: as many as there is time for.
        sampling: How much of the test split is run.
        jobs: Candidates that are run at the same time; None: by processors and memory.
        search_again: Ignore the fastest settings that were found before.
        time_limit: Seconds for one candidate, above 0; None: by the number of images.
        pairwise: Compare the candidates with each other too.
        resize_check: Run the float model and one file on images that are resized by every other rule too.
        skip_broken: Leave broken images out of a `folder:` data set, as the training did.
        image_rule: How image files become pixels.
        external: How models that edgekit did not export are fed and read.
    """

    targets: Sequence[Path] = ()
    reference: Path | None = None
    data: str | Dataset | None = None
    test_data: str | None = None
    runtimes: Sequence[str] = ()
    precisions: Sequence[str] = ()
    tolerances: Tolerances = field(default_factory=Tolerances)
    reference_kernel_images: int | None = None
    sampling: Sampling = field(default_factory=Sampling)
    jobs: int | None = None
    search_again: bool = False
    time_limit: float | None = None
    pairwise: bool = False
    resize_check: bool = False
    skip_broken: bool = False
    image_rule: RuleChoice = field(default_factory=RuleChoice)
    external: ExternalModelOptions = field(default_factory=ExternalModelOptions)

    def __post_init__(self) -> None:
        if self.reference_kernel_images is not None and self.reference_kernel_images < 1:
            raise UsageError(f"The reference kernels need at least 1 image. Received {self.reference_kernel_images}.")
        if self.reference_kernel_images is not None and self.sampling.all_images:
            raise UsageError("--all-images and --reference-kernel-images exclude each other. Choose one of them.")
        if self.time_limit is not None and not self.time_limit > 0:
            raise UsageError(f"The time limit must be above 0 seconds. Received {self.time_limit}.")
