"""Input and output options of each candidate, and whether they are clearly wrong.

What a user says about input, output and labels applies to external models only. The artifacts of a run take raw
pixels, and give probabilities in the order of the data set, or logits if their manifest says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.artifact import Format, Precision
from edgekit.datasets import Dataset
from edgekit.datasets.images.luma import TO_GRAY, TO_RGB
from edgekit.execution.availability import availability_of
from edgekit.execution.input_fit import input_fault
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import noun
from edgekit.foundation.machine import this_machine
from edgekit.foundation.progress import Progress
from edgekit.inspection.own_words import OwnWords, own_words
from edgekit.runs.folder import RunFolder
from edgekit.runtimes import DEFAULT_RUNTIMES, RUNTIMES
from edgekit.verification.candidate import Candidate
from edgekit.verification.request import ExternalModelOptions, VerifyRequest
from edgekit.verification.subjects.class_labels import candidate_interface, decision, own_interface
from edgekit.verification.subjects.input_check import Sample, find_mistake
from edgekit.verification.subjects.other_class import others_remark
from edgekit.verification.subjects.reference_scores import is_keras_model
from edgekit.verification.subjects.selection import SelectedFile, Selection

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOT_CHECKED = "External model, and its input was not checked"
CONVERTED = {
    1: f"It takes gray images: {TO_GRAY}.",
    3: f"It takes RGB images: {TO_RGB}.",
}
"""Channels of an input -> what is said of a file that other images are converted for."""
NO_TRAINING_IMAGES = "there are no training images to check it on."


def check_options(external: ExternalModelOptions, selection: Selection) -> None:
    """Raise UsageError if an option was given that has no effect."""
    given = list(external.given_for_reference) if not selection.is_reference_external else []
    if not selection.has_external_files and not selection.is_reference_external:
        given.extend(external.given_for_candidates)
    if external.custom_objects and not _has_keras_reference(selection):
        raise UsageError(
            "--custom-objects has no effect here: it is for a Keras model as reference, as in --reference mine.keras. "
            "Leave it out."
        )
    if given:
        them = noun(len(given), "it", "them")
        raise UsageError(
            f"{' and '.join(given)} {noun(len(given), 'has', 'have')} no effect here: only external models need "
            f"{them}. The artifacts of a run take pixels of 0 to 255, and their manifest says what they return. "
            f"Omit {them}."
        )


def _has_keras_reference(selection: Selection) -> bool:
    return isinstance(selection.reference, Path) and is_keras_model(selection.reference)


class CandidatePreparation:
    """Gives candidates their interface, and each external model one check.

    Args:
        selection: Says which files are external.
        dataset: Its classes, and the channels of its images.
        sample: Training images; None if there are none.
        request: How external models are fed and read, whether that is checked, and how long it may take.
        progress: Where it reports.
        training_fault: Why there is no sample; None if the data set has no training images.

    Raises:
        UsageError: A file of labels cannot be read.
        VerificationError: The labels are no permutation of the classes.
    """

    def __init__(
        self,
        selection: Selection,
        dataset: Dataset,
        sample: Sample | None,
        request: VerifyRequest,
        progress: Progress,
        training_fault: str | None,
    ) -> None:
        self._files = {file.artifact.path: file for file in selection.files}
        self._run = selection.run
        self._class_names = dataset.class_names
        self._decision = decision(request.external, dataset.class_names, selection.run)
        self._external = request.external
        self._words = {file.artifact.path: self._words_of(file) for file in selection.files if file.is_external}
        self._interfaces = {
            path: candidate_interface(request.external, dataset.class_names, selection.run, words)
            for path, words in self._words.items()
        }
        self._channels = dataset.image_shape[2]
        self._sample = sample
        self._checks = request.external.check_inputs
        self._time_limit = request.time_limit
        self._progress = progress
        self._not_checked = f"{NOT_CHECKED}: {training_fault or NO_TRAINING_IMAGES}"

    def prepare(self, candidates: Sequence[Candidate], pixels: "NDArray[np.uint8]") -> tuple[Candidate, ...]:
        """The candidates, in their order, with what was found out about them.

        Args:
            candidates: Every file in every runtime.
            pixels: uint8 (n, H, W, 3), RGB, some of what they are fed.
        """
        mistakes = self._mistakes(candidates)
        prepared = (
            self._prepared_external(one, mistakes) if self._file_of(one).is_external else self._prepared_own(one)
            for one in candidates
        )
        told = (self._with_conversion(_with_overflow(one, self._file_of(one))) for one in prepared)
        return self._with_same_kernels([self._with_input_fault(one, pixels) for one in told])

    def _with_same_kernels(self, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
        """The candidates; a file whose kernels are those of another runtime points at its row there."""
        found: list[Candidate] = []
        for one in candidates:
            info = self._file_of(one).info
            other = RUNTIMES.load(one.runtime).same_kernels_as(info) if info else None
            is_there = any((each.runtime, each.artifact.path) == (other, one.artifact.path) for each in found)
            found.append(replace(one, same_kernels_as=other if is_there else None))
        return tuple(found)

    def _with_input_fault(self, candidate: Candidate, pixels: "NDArray[np.uint8]") -> Candidate:
        """With why its input cannot hold what it is fed; `edgekit export` makes inputs that can."""
        file = self._file_of(candidate)
        if not (self._checks and file.is_external and file.info):
            return candidate
        encoding = self._interfaces[candidate.artifact.path].encoding
        fault = input_fault(file.info.stored_input, encoding, pixels, option="--input-range")
        return replace(candidate, input_fault=fault)

    def _with_conversion(self, candidate: Candidate) -> Candidate:
        """The candidate, with a remark if the images are converted for it from color to gray, or back."""
        info = self._file_of(candidate).info
        if info is None or info.channels in (None, self._channels):
            return candidate
        remarks = (candidate.remark, CONVERTED[info.channels])
        return replace(candidate, remark=" ".join(filter(None, remarks)))

    def _file_of(self, candidate: Candidate) -> SelectedFile:
        return self._files[candidate.artifact.path]

    def _mistakes(self, candidates: Sequence[Candidate]) -> dict[Path, str | None]:
        """For each external file what was found, in the first runtime that reads it and is not slow."""
        runtimes = {
            candidate.artifact.path: candidate.runtime
            for candidate in reversed(candidates)
            if self._file_of(candidate).is_external and RUNTIMES.load(candidate.runtime).max_images is None
        }
        if not self._checks or self._sample is None or not runtimes:
            return {}
        found: dict[Path, str | None] = {}
        with self._progress.task("input of external models", len(runtimes)) as advance:
            for path, runtime in runtimes.items():
                if availability_of(runtime).is_available:
                    found[path] = find_mistake(
                        runtime, path, self._interfaces[path], self._sample, time_limit=self._time_limit
                    )
                advance(1)
        return found

    def _prepared_external(self, candidate: Candidate, mistakes: dict[Path, str | None]) -> Candidate:
        not_checked = self._not_checked if self._checks and self._sample is None else ""
        path = candidate.artifact.path
        interface = self._interfaces[path]
        return replace(
            candidate,
            interface=interface,
            mistake=mistakes.get(path),
            remark=_joined(not_checked, *self._words[path].remarks, others_remark(interface, "It")),
        )

    def _words_of(self, file: SelectedFile) -> OwnWords:
        """What an external model says of itself, as far as the user says nothing."""
        given = self._external
        return own_words(
            file.info, self._class_names, use_range=given.input_range is None, use_labels=given.labels is None
        )

    def _prepared_own(self, candidate: Candidate) -> Candidate:
        """An artifact of a run gives probabilities, unless the manifest of its run says logits."""
        run = self._file_of(candidate).run
        interface = own_interface(self._decision, self._class_names, run, candidate.artifact.path)
        others = others_remark(interface, "It") if interface else ""
        return replace(candidate, interface=interface, remark=_joined(self._other_run(run), others))

    def _other_run(self, run: RunFolder | None) -> str:
        if run is None or self._run is None or run.path.resolve() == self._run.path.resolve():
            return ""
        return f"It is an artifact of the run '{run.name}'; the reference belongs to the run '{self._run.name}'."


def _joined(*sentences: str) -> str | None:
    return " ".join(filter(None, sentences)) or None


def _with_overflow(candidate: Candidate, file: SelectedFile) -> Candidate:
    """The candidate, with whether its int8 sums overflow; ONNX Runtime without optimizations computes in float."""
    artifact, runtime = candidate.artifact, candidate.runtime
    is_int8 = artifact.format is Format.ONNX and artifact.precision is Precision.INT8
    if not (is_int8 and runtime == DEFAULT_RUNTIMES[Format.ONNX] and file.can_overflow):
        return candidate
    return replace(candidate, can_overflow=True, overflows_here=this_machine().overflows_int8)
