"""Which file to ship to which target, in words: the last lines of a verification. Chooses nothing itself."""

from collections.abc import Iterator, Sequence

from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport
from edgekit.verification.verdict.targets import Target

_NOT_RUN = {
    Target.MCU: "no int8 .tflite was run in litert-builtin or litert-reference: edgekit export --int8 --format tflite",
    Target.SERVER: "no file was run in onnxruntime or litert-xnnpack",
}


def recommendations(report: VerificationReport, targets: Sequence[Target] = ()) -> Iterator[str]:
    """One line per file: "Android, iOS: tflite/model-int8.tflite (97 kB, uint8 input and output)".

    Args:
        report: What was verified.
        targets: Only these; none: all for which a file was run.
    """
    wanted = targets or [target for target in Target if _was_run(report, target)]
    chosen = {target: report.best_for(target) for target in wanted}
    by_file: dict[str, list[Target]] = {}
    for target, row in chosen.items():
        by_file.setdefault(row.artifact if row else _none_for(report, target), []).append(target)
    for words, same in by_file.items():
        row = chosen[same[0]]
        yield f"{_listed(same)}: {words}{f' ({_facts(row, same)})' if row else ''}"


def _was_run(report: VerificationReport, target: Target) -> bool:
    return any(target.runs(row.format, row.precision, row.runtime) for row in report.candidates)


def _none_for(report: VerificationReport, target: Target) -> str:
    if _was_run(report, target):
        return "none of these files passes"
    return _NOT_RUN.get(target, "no file was run in litert-xnnpack, as there")


def _listed(targets: Sequence[Target]) -> str:
    words = ", ".join(target.words for target in targets)
    return words[0].upper() + words[1:] if targets[0] is not Target.IOS else words


def _facts(row: CandidateReport, targets: Sequence[Target]) -> str:
    """What a developer must know of the file."""
    facts = [f"{row.size_bytes / 1000:,.0f} kB" if row.size_bytes >= 1000 else f"{row.size_bytes} bytes"]
    if row.input_type:
        same = row.input_type == row.output_type
        facts.append(f"{row.input_type} input{' and output' if same else f', {row.output_type} output'}")
    if row.performance and any(target.wants_speed for target in targets):
        facts.append(f"{row.performance.images_per_second:,.0f} images/s here in {row.runtime}")
    if row.verdict is Verdict.INCONCLUSIVE:
        facts.append("inconclusive: too few test images")
    return ", ".join(facts)
