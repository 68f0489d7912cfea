"""Which files an export makes: formats times precisions times options, as far as supported. Makes none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edgekit.artifact import Format, Precision
from edgekit.exporting.formats import EXPORTERS, ExportOptions
from edgekit.foundation.errors import UsageError
from edgekit.foundation.grammar import noun
from edgekit.quantization.scheme import CALIBRATED


@dataclass(frozen=True, kw_only=True)
class Job:
    """One file to make.

    Attributes:
        format: Its format.
        precision: Its precision.
        options: What was chosen for it.
        is_required: Whether it was asked for by name, so that the export fails without it.
    """

    format: Format
    precision: Precision
    options: ExportOptions
    is_required: bool = True

    @property
    def variant(self) -> str:
        """What is between "model" and the precision in its name."""
        return self.options.variant(self.format, self.precision)

    @property
    def title(self) -> str:
        """For a person: "tflite int8", "tflite per-tensor int8"."""
        return " ".join(word for word in (self.format.value, self.variant, self.precision.value) if word)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be made.

    Attributes:
        jobs: Every file, format by format.
        skipped: One line for each combination that was asked for and does not exist.
    """

    jobs: tuple[Job, ...]
    skipped: tuple[str, ...] = ()

    @property
    def needs_calibration(self) -> bool:
        """Whether a file's activations are quantized."""
        return any(job.precision in CALIBRATED for job in self.jobs)


def make_plan(
    precisions: Sequence[Precision] | None,
    formats: Sequence[Format] | None,
    choices: Sequence[ExportOptions] = (ExportOptions(),),
) -> Plan:
    """Decide what to make. A file that two of the choices would make alike is made once.

    Args:
        precisions: What the user asked for; None or empty: everything that each format can be.
        formats: None or empty: all.
        choices: Each makes its own files of a precision that it changes.

    Raises:
        UsageError: A precision was asked for by name that none of the formats can be, a format lacks a method of
            calibration, or a choice would change none of the files.
    """
    chosen = list(dict.fromkeys(formats or [Format(name) for name in EXPORTERS]))
    possible = {each: EXPORTERS.load(each.value).precisions for each in chosen}
    wanted = list(dict.fromkeys(precisions or ())) or [each for each in Precision if _exists(each)]
    for precision in precisions or ():
        if not any(precision in possible[each] for each in chosen):
            known = "; ".join(f"{each}: {', '.join(possible[each])}" for each in chosen)
            raise UsageError(
                f"No {' or '.join(chosen)} file of precision {precision} can be made yet. Possible: {known}."
            )
    pairs = [(each, precision) for each in chosen for precision in wanted]
    jobs = _distinct(
        Job(
            format=each,
            precision=precision,
            options=options,
            is_required=precision in (precisions or ()),
        )
        for each, precision in pairs
        for options in choices
        if precision in possible[each]
    )
    _check_choices(jobs, choices)
    return Plan(
        jobs=tuple(jobs),
        skipped=tuple(
            f"{each} {precision}: skipped, not supported yet."
            for each, precision in pairs
            if precision not in possible[each]
        ),
    )


def _distinct(jobs: Iterator[Job]) -> list[Job]:
    """The first of those that have the same file name."""
    return list({(job.format, job.precision, job.variant): job for job in reversed(list(jobs))}.values())[::-1]


def _check_choices(jobs: Sequence[Job], choices: Sequence[ExportOptions]) -> None:
    """Raise UsageError if an option changes no file, or a format cannot do what it says."""
    made = {option for job in jobs for option in job.options.words(job.format, job.precision)}
    asked = {
        option
        for options in choices
        for each in Format
        for precision in Precision
        for option in options.words(each, precision)
    }
    if useless := sorted(asked - made):
        what = ", ".join(job.title for job in jobs)
        verb = noun(len(useless), "has", "have")
        raise UsageError(
            f"{' and '.join(useless)} {verb} no effect on the files that are exported: {what}. Leave "
            f"{noun(len(useless), 'it', 'them')} out."
        )
    for options in choices:
        if options.tflite.strict_int8 and not any(_is_strict(job) for job in jobs):
            what = ", ".join(job.title for job in jobs)
            raise UsageError(
                f"--strict-int8 has no effect: it is for int8 and int16x8 .tflite files, and none is exported. "
                f"The exported files are: {what}. Leave it out."
            )
    for job in jobs:
        exporter = EXPORTERS.load(job.format.value)
        words = set(job.options.words(job.format, job.precision))
        if unknown := sorted(words - exporter.choices(job.precision, job.options)):
            raise UsageError(
                f"{' and '.join(unknown)} {noun(len(unknown), 'is', 'are')} not supported for {job.title} files. "
                f"Omit {noun(len(unknown), 'it', 'them')}, name other precisions or formats (--format), or try "
                f"another quantizer (--quantizer ai-edge)."
            )


def _is_strict(job: Job) -> bool:
    return job.format is Format.TFLITE and job.precision in CALIBRATED and job.options.tflite.strict_int8


def _exists(precision: Precision) -> bool:
    return any(precision in EXPORTERS.load(name).precisions for name in EXPORTERS)
