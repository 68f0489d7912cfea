"""README.md of a bundle: what the model is for, what was measured, and what it cannot do. Measures nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edgekit.bundle.card.header import header
from edgekit.bundle.code.generator import missing_code
from edgekit.bundle.model import BundledModel
from edgekit.foundation.grammar import counted, listed
from edgekit.rendering.markdown import escaped
from edgekit.runtimes import DEFAULT_RUNTIMES
from edgekit.verification.measuring.measurement import ClassResult
from edgekit.verification.verdict.report import CandidateReport, Verdict, VerificationReport

MAX_CLASSES = 100
"""Rows of the table of classes; verification.json has all."""

UNVERIFIED = "Not verified"


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What the card says.

    Attributes:
        name: Of the model.
        models: The files, with their tensors.
        report: The verification as it holds for them; None: there is none.
        problems: Why they do not count as verified; empty if they do.
        manifest: Of the run.
        metadata: What each file says of itself.
        golden_choice: Which golden images there are, in a sentence or two.
        code: Paths of the generated code in the bundle.
        float_report: What report.json of the run says of the float model; None if there is none.
        runs_in: File -> clients, with versions, in which `edgekit clients` saw it run, as it is now.
    """

    name: str
    models: tuple[BundledModel, ...]
    report: VerificationReport | None
    problems: tuple[str, ...]
    manifest: Mapping[str, Any]
    metadata: tuple[Mapping[str, str], ...]
    golden_choice: str
    code: frozenset[str]
    float_report: Mapping[str, Any] | None = None
    runs_in: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def default_rows(self) -> list[CandidateReport]:
        """One row per file: in the runtime that its format has by default."""
        return [row for row in self.rows if row.runtime == DEFAULT_RUNTIMES[row.format]]

    @property
    def rows(self) -> list[CandidateReport]:
        """The rows of the files in the bundle."""
        names = {model.file for model in self.models}
        return [row for row in self.report.candidates if row.artifact in names] if self.report else []

    def said(self, name: str) -> str:
        """What the first file that says anything says of "license" or "author"; "" if none does."""
        keys = (f"metadata {name}", f"edgekit.{name}", name)
        return next((text for each in self.metadata for key in keys if (text := each.get(key, ""))), "")

    @property
    def dataset(self) -> Mapping[str, Any]:
        """What the manifest says of the data."""
        entry: Mapping[str, Any] = self.manifest.get("dataset", {})
        return entry


def model_card(facts: CardFacts) -> str:
    """The whole card. Its first line after the header says so if the files are not verified, or drift."""
    tags = sorted({model.format.value for model in facts.models} | ({"unverified"} if facts.problems else set()))
    data = str(facts.dataset.get("name", ""))
    front = header(facts.name, facts.said("license"), data, tags, facts.report, facts.default_rows)
    return front + "\n".join(_lines(facts)) + "\n"


def _lines(facts: CardFacts) -> Iterator[str]:
    if facts.problems:
        yield from (f"**{UNVERIFIED}: {escaped(' '.join(facts.problems))}**", "")
    yield from (f"# {escaped(facts.name)}", "", *_introduction(facts), "")
    yield from ("## Intended use", "", *_use(facts), "")
    yield from ("## Files", "", *_files(facts), "")
    yield from ("## Data", "", *_data(facts), "")
    yield from ("## Measured", "", *_measured(facts), "")
    yield from ("## Limits", "", *_limits(facts), "")
    yield from ("## Use it in an app", "", *_code(facts), "")
    yield from ("## Test your app", "", *_test(facts), "")
    yield from ("## Licence", "", *_licence(facts))


def _introduction(facts: CardFacts) -> Iterator[str]:
    first = facts.models[0]
    yield (
        f"An image classifier for {counted(len(first.labels), 'class')}: {_few(first.labels)}. It takes "
        f"{_color(first)} images of {first.image.width} x {first.image.height} pixels (width x height), raw pixel "
        f"values of 0 to 255, without normalization."
    )


def _use(facts: CardFacts) -> Iterator[str]:
    first = facts.models[0]
    classes = f"it always returns one of its {len(first.labels)} classes"
    yield f"- Use it on photographs of what it was trained on; {classes}."
    if first.rule is None:
        yield "- Training images already had the model's size, so nothing was measured on resized images."
    else:
        yield f"- Resize images as in training: {escaped(str(first.rule))}."
    if len({model.output_kind for model in facts.models}) == 1:
        kind = "probabilities, one per class" if first.output_kind == "probabilities" else "logits: apply a softmax"
        yield f"- It returns {kind}, in the order of labels.txt."
    yield "- It was not measured on other kinds of images, nor on images that show none of its classes."


def _files(facts: CardFacts) -> Iterator[str]:
    heading = ("file", "input", "output", "size, bytes")
    rows = [
        [model.file, _tensor(model.input), _tensor(model.output), f"{model.size_bytes:,}"] for model in facts.models
    ]
    yield from _table(heading, rows, num_words=3)
    for file, clients in facts.runs_in.items():
        if clients:
            yield from ("", f"`{file}` runs in: {escaped(listed(clients))} (`edgekit clients`).")


def _data(facts: CardFacts) -> Iterator[str]:
    entry = facts.dataset
    if not entry.get("name"):
        yield "The run does not record what the model was trained on."
        return
    counts = [
        f"{entry[key]:,} {word}"
        for key, word in (("num_train", "training"), ("num_validation", "validation"), ("num_test", "test"))
        if key in entry
    ]
    yield f"- Data set: {escaped(str(entry['name']))}{f' ({listed(counts)} images)' if counts else ''}."
    if "sha256" in entry:
        yield f"- SHA-256 of class names and test images: `{entry['sha256']}`."
    calibrations = {
        (str(each["calibration"].get("num_images")), str(each["calibration"].get("sha256", ""))[:16])
        for model in facts.models
        if isinstance((each := facts.manifest.get("exports", {}).get(model.file, {})).get("calibration"), Mapping)
    }
    for count, sha256 in sorted(calibrations):
        yield f"- Integer files were calibrated on {count} training images (SHA-256 `{sha256}…`)."


def _measured(facts: CardFacts) -> Iterator[str]:
    report = facts.report
    if report is None:
        yield "These files were not verified, so nothing was measured."
        yield from _float_model(facts)
        return
    yield (
        f"On {counted(report.dataset.num_images, 'image')} of the {escaped(report.dataset.split)} split of "
        f"{escaped(report.dataset.name)}, each file in each runtime compared with the float model, whose accuracy is "
        f"{report.reference.accuracy:.2%}. All numbers are in verification.json."
    )
    yield ""
    heading = ("file", "runtime", "verdict", "images", "accuracy", "change, points", "agreement", "largest difference")
    yield from _table(heading, map(_row, facts.rows), num_words=3)
    runtimes = list(dict.fromkeys(row.runtime for row in facts.default_rows))
    yield from (
        "",
        f"Per class, in the float model, with the change of F1 in points in each file (in {listed(runtimes)}):",
        "",
    )
    yield from _classes(facts, report)


def _float_model(facts: CardFacts) -> Iterator[str]:
    """What the training measured of the float model, if there is no verification."""
    measured = facts.float_report
    if not measured or not measured.get("per_class"):
        return
    yield from (
        "",
        f"The float model that they were made from has an accuracy of {measured.get('accuracy', 0.0):.2%}.",
        "",
    )
    rows = [
        [each["class"], *(f"{each[name]:.2%}" for name in ("precision", "recall", "f1")), f"{each['support']:,}"]
        for each in measured["per_class"][:MAX_CLASSES]
    ]
    yield from _table(["class", "precision", "recall", "F1", "images"], rows, num_words=1)


def _row(row: CandidateReport) -> list[str]:
    one = row.measurement
    if one is None:
        return [row.artifact, row.runtime, row.verdict.words, "-", "-", "-", "-", "-"]
    return [
        row.artifact,
        row.runtime,
        row.verdict.words,
        f"{one.num_images:,}",
        f"{one.accuracy:.2%}",
        f"{100 * one.accuracy_delta:+.2f}",
        f"{one.agreement:.2%}",
        f"{one.max_abs_score_difference:.2g}",
    ]


def _classes(facts: CardFacts, report: VerificationReport) -> Iterator[str]:
    measured = [(row, row.measurement.per_class) for row in facts.default_rows if row.measurement]
    heading = [
        "class",
        "precision",
        "recall",
        "F1",
        "images",
        *(row.artifact for row, _ in measured),
    ]
    results = zip(report.reference.report, *(each for _, each in measured), strict=True)
    yield from _table(heading, [_class_row(*each) for each in list(results)[:MAX_CLASSES]], num_words=1)
    if len(report.reference.report) > MAX_CLASSES:
        yield from (
            "",
            f"The first {MAX_CLASSES} of {len(report.reference.report)} classes; verification.json has all.",
        )


def _class_row(before: ClassResult, *after: ClassResult) -> list[str]:
    own = [f"{before.precision:.2%}", f"{before.recall:.2%}", f"{before.f1:.2%}", f"{before.support:,}"]
    return [before.class_name, *own, *(f"{100 * one.f1_delta:+.2f}" for one in after)]


def _limits(facts: CardFacts) -> Iterator[str]:
    if facts.report is not None:
        weakest = sorted(facts.report.reference.report, key=lambda one: one.recall)[:3]
        words = [f"{escaped(one.class_name)} ({one.recall:.1%})" for one in weakest]
        yield f"- The classes that the float model misses most (recall): {listed(words)}."
        yield from (f"- {escaped(remark)}" for remark in facts.report.reference.remarks)
        for row in facts.rows:
            for reason in () if row.verdict is Verdict.OUTDATED else row.reasons:
                yield f"- {escaped(row.artifact)} in {escaped(row.runtime)}: {escaped(reason)}"
        runtimes = sorted({row.runtime for row in facts.rows if row.measurement})
        if runtimes:
            yield f"- Measured on one machine, in {listed(runtimes)}; other runtimes and devices were not measured."
    yield "- Accuracy on other cameras, light and subjects than those of the test images is unknown."


def _code(facts: CardFacts) -> Iterator[str]:
    """Where the code for each platform is, and which file to open first: its first lines say what to do."""
    yield (
        "code/ holds a folder per model file, with a folder per language. The first lines of the file to open say what "
        "to copy where, and which library it needs."
    )
    rows = []
    for language, (platform, first, proof) in _LANGUAGES.items():
        found = [model for model in facts.models if f"{model.code_folder}/{language}/{first}" in facts.code]
        rows += [[platform, f"{model.code_folder}/{language}/", first, proof] for model in found]
    yield from ("", *_table(("platform", "folder", "open first", "its test"), rows, num_words=4))
    gaps: dict[tuple[str, str], list[str]] = {}
    for model in facts.models:
        for name, reason in missing_code(model).items():
            gaps.setdefault((name, reason), []).append(model.file)
    if gaps:
        yield ""
        yield from (f"- No code for {name}: {listed(files)}. {reason}" for (name, reason), files in gaps.items())


_LANGUAGES = {
    "kotlin": ("Android", "LiteRtClassifier.kt", "GoldenTest.kt"),
    "swift": ("iOS", "LiteRtClassifier.swift", "GoldenTests.swift"),
    "javascript": ("web", "classifier.mjs", "golden.*"),
    "cpp": ("microcontroller", "classifier.h", "golden_test.cc"),
    "python": ("Python", "classifier.py", "test_golden.py"),
}
"""Folder of generated code -> (platform, file to open first, its test)."""


def _test(facts: CardFacts) -> Iterator[str]:
    yield (
        f"golden/ holds {facts.golden_choice} Each is there as PNG and as the exact bytes of the input tensor, with "
        f"the output that each file gives. Compare the input tensors and outputs of your app with them: this finds a "
        f"wrong channel order, rotation or resize rule. golden/golden.json says the tolerance of each file."
    )
    yield from ("", "```", "edgekit check-golden BUNDLE.zip", "edgekit verify-bundle BUNDLE.zip", "```")


def _licence(facts: CardFacts) -> Iterator[str]:
    if license_name := facts.said("license"):
        yield f"{escaped(license_name)}."
    else:
        yield "No licence was stated. Ask the author before you ship the model (edgekit export --license says it)."
    if author := facts.said("author"):
        yield f"Author: {escaped(author)}."


def _color(model: BundledModel) -> str:
    return "grayscale" if model.color == "gray" else "RGB"


def _few(labels: Sequence[str]) -> str:
    shown = [escaped(label) for label in labels[:10]]
    return listed(shown) if len(labels) <= 10 else f"{', '.join(shown)} and {len(labels) - 10} more (labels.txt)"


def _tensor(spec: Any) -> str:
    shape = " x ".join("batch" if size is None else str(size) for size in spec.shape)
    return f"{spec.name}: {spec.dtype}, {shape}"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]], *, num_words: int) -> Iterator[str]:
    yield "| " + " | ".join(map(escaped, heading)) + " |"
    yield "|" + "---|" * num_words + "---:|" * (len(heading) - num_words)
    for row in rows:
        yield "| " + " | ".join(map(escaped, row)) + " |"
