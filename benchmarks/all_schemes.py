"""Every format, precision and scheme of a run in every runtime, on the test split: the full table, for the record.

    python benchmarks/all_schemes.py exported/resnet8 --data cifar10:PATH [--out FOLDER] [--precision int8] [--sample N]

Exports, into copies of the run in a temporary folder, each distinct file once: every precision of every format by
default, and every single change of it. Changes are those of output, folding, granularity, calibration method, float
head, quantizer, type of activations, range of weights, layout, input and output types and batch, and the combinations
in SHIPPED. Then runs all of them in all runtimes on the test images, LiteRT's reference kernels on 200 of them,
ai-edge's int16x8, for which LiteRT has no fast convolution, on 500. `--sample N` runs N images, drawn class by class in
proportion, where all would take hours. The run itself is left as it is. Prints the table, and writes it as
all-schemes.md into --out (docs/measured/RUN). Speed is not in it: `edgekit verify` measures that.

Nothing is chosen here: to choose, `edgekit compare-schemes` and `edgekit tune` look at validation images. Files that
come out alike are run once, and what cannot be made is listed with its reason. A run of the size of resnet8 makes
some 60 files and 170 rows.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from results import candidate_table

from edgekit.artifact import Format, Precision, sha256_of
from edgekit.datasets import Dataset
from edgekit.exporting.formats import EXPORTERS, ExportOptions, OnnxOptions, TFLiteOptions
from edgekit.exporting.job import load_dataset_of
from edgekit.exporting.plan import Job
from edgekit.exporting.session import export
from edgekit.exporting.source import Source, load_source
from edgekit.foundation.atomic_files import write_text
from edgekit.foundation.errors import EdgekitError
from edgekit.quantization.scheme import CalibrationMethod, Granularity, QuantizationScheme
from edgekit.rendering.terminal.progress.console import ConsoleProgress
from edgekit.runs.folder import RunFolder
from edgekit.verification.job import verify_request
from edgekit.verification.request import VerifyRequest
from edgekit.verification.sampling import Sampling
from edgekit.verification.verdict.report import VerificationReport

PER_TENSOR = QuantizationScheme(granularity=Granularity.PER_TENSOR)

SINGLE = {
    Format.TFLITE: (
        ExportOptions(),
        ExportOptions(fold=False),
        ExportOptions(scheme=PER_TENSOR),
        ExportOptions(tflite=TFLiteOptions(float_head=True)),
        ExportOptions(tflite=TFLiteOptions(quantizer="ai-edge")),
        ExportOptions(output="logits"),
    ),
    Format.ONNX: (
        ExportOptions(),
        ExportOptions(fold=False),
        ExportOptions(scheme=PER_TENSOR),
        ExportOptions(onnx=OnnxOptions(activations="int8")),
        ExportOptions(onnx=OnnxOptions(reduce_range=False)),
        ExportOptions(onnx=OnnxOptions(layout="nchw")),
        ExportOptions(output="logits"),
    ),
}
"""The default and its single changes, but for methods of calibration, all of which are tried."""

SHIPPED = {
    Format.TFLITE: (
        ExportOptions(scheme=PER_TENSOR, tflite=TFLiteOptions(float_head=True)),
        ExportOptions(scheme=PER_TENSOR, tflite=TFLiteOptions(quantizer="ai-edge")),
        ExportOptions(tflite=TFLiteOptions(quantizer="ai-edge", float_head=True)),
    ),
    Format.ONNX: (
        ExportOptions(scheme=PER_TENSOR, onnx=OnnxOptions(activations="int8")),
        ExportOptions(onnx=OnnxOptions(activations="int8", reduce_range=False)),
        ExportOptions(onnx=OnnxOptions(activations="int8", layout="nchw")),
    ),
}
"""Two changes together, as NPUs, old processors and other engines want them."""

BESIDE = {
    "--io float32": ExportOptions(tflite=TFLiteOptions(io="float32")),
    "--io int8": ExportOptions(tflite=TFLiteOptions(io="int8")),
    "--batch dynamic": ExportOptions(tflite=TFLiteOptions(batch=None)),
}
"""What does not change the numbers, and so no file's name: each goes into a run folder of its own."""

SLOW = ("tflite ai-edge int16x8", "tflite ai-edge-per-tensor int16x8", "tflite ai-edge-float-head int16x8")
SLOW_IMAGES = 500
"""Files whose convolutions LiteRT has no fast kernel for, and how many test images they are run on."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One file to make.

    Attributes:
        job: What it is.
        beside: The option of BESIDE that it is made with; "" for none.
    """

    job: Job
    beside: str = ""

    @property
    def title(self) -> str:
        """For a person: "tflite ai-edge int8 --io int8"."""
        return f"{self.job.title} {self.beside}".strip()


@dataclass
class Collection:
    """What has been made so far.

    Attributes:
        folder: Holds a copy of the run for each option of BESIDE.
        paths: SHA-256 -> where the file lies, for files that are unlike all before them.
        titles: SHA-256 -> what the file is.
        alike: What is, byte for byte, another: title -> the other's title.
        refused: Title -> why it cannot be made.
    """

    folder: Path
    paths: dict[str, Path] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    alike: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, source: Source, dataset: Dataset, wishes: Sequence[Wish]) -> None:
        """Make files of one format and precision at once; one by one where one of them cannot be made."""
        job, run = wishes[0].job, self._run(source, wishes[0].beside)
        try:
            export(
                replace(source, path=run.model_path, run=run),
                precisions=[job.precision],
                formats=[job.format],
                options=[each.job.options for each in wishes],
                dataset=dataset,
                progress=ConsoleProgress(),
            )
        except EdgekitError as error:
            if len(wishes) == 1:
                self.refused[wishes[0].title] = str(error)
                return
            for wish in wishes:
                self.add(source, dataset, [wish])
            return
        for wish in wishes:
            self._keep(wish, run)

    def _keep(self, wish: Wish, run: RunFolder) -> None:
        path = run.artifact_path(wish.job.format, wish.job.precision, wish.job.variant)
        digest = sha256_of(path)
        if digest in self.titles:
            self.alike[wish.title] = self.titles[digest]
        else:
            self.paths[digest], self.titles[digest] = path, wish.title

    def _run(self, source: Source, beside: str) -> RunFolder:
        """The copy of the run for files made with `beside`, without any artifact at first."""
        path = self.folder / (beside.replace(" ", "").strip("-") or "run")
        assert source.run is not None
        if not path.exists():
            original = source.run
            kept = [name for name in original.manifest["files"] if Path(name).parent.name not in list(Format)]
            RunFolder.create(path, original.manifest)
            for name in kept:
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(original.path / name, path / name)
            RunFolder(path).record(*(path / name for name in kept), exports={})
        return RunFolder(path)


def wishes(precisions: Sequence[Precision]) -> Iterator[Wish]:
    """Every file, those of one format, precision and folder one after the other."""
    for each in Format:
        exporter = EXPORTERS.load(each.value)
        methods = [ExportOptions(scheme=QuantizationScheme(calibration=one)) for one in CalibrationMethod]
        single = SINGLE[each]
        for precision in (one for one in exporter.precisions if one in precisions):
            made = set()
            for options in (*single[:-1], *methods, *SHIPPED[each], single[-1]):
                job = Job(format=each, precision=precision, options=options)
                words = set(options.words(each, precision))
                if words <= exporter.choices(precision, options) and job.variant not in made:
                    made.add(job.variant)
                    yield Wish(job=job)
    for beside, options in BESIDE.items():
        for precision in (Precision.FLOAT32, Precision.INT8) if beside == "--batch dynamic" else (Precision.INT8,):
            if precision in precisions:
                yield Wish(job=Job(format=Format.TFLITE, precision=precision, options=options), beside=beside)


def verified(
    made: Collection, run: Path, data: str | None, jobs: int | None, num_images: int | None
) -> VerificationReport:
    """All files in all runtimes on `num_images`, None for all; those of SLOW on a part of the images."""
    slow = [path for digest, path in made.paths.items() if made.titles[digest].startswith(SLOW)]
    fast = [path for path in made.paths.values() if path not in slow]
    reports = [
        verify_request(
            VerifyRequest(targets=paths, reference=run, data=data, jobs=jobs, sampling=sampling),
            progress=ConsoleProgress(),
        ).report
        for paths, sampling in ((fast, Sampling(num_images=num_images)), (slow, Sampling(num_images=SLOW_IMAGES)))
        if paths
    ]
    order = list(made.titles)
    candidates = [row for report in reports for row in report.candidates]
    return replace(reports[0], candidates=tuple(sorted(candidates, key=lambda row: order.index(row.sha256))))


def markdown(name: str, report: VerificationReport, made: Collection) -> str:
    """The table, and what is next to it."""
    machine = report.environment.machine if report.environment else None
    return "\n".join(
        [
            f"# Every scheme of {name}",
            "",
            f"{len(made.titles)} files, {len(report.candidates)} candidates on {_num_run(report)} test "
            f"images of {report.dataset.name} (SHA-256 `{report.dataset.sha256[:16]}`). Float model: "
            f"{report.reference.accuracy:.2%}. Measured on {machine.cpu if machine else 'an unknown processor'}, "
            f"{machine.num_cpus if machine else '?'} cores, by `python benchmarks/all_schemes.py`. Points: accuracy, "
            f"candidate minus float model, on the same images.",
            "",
            candidate_table(report.to_dict(), made.titles, with_speed=False),
            *_listed("Byte for byte the same as another", made.alike),
            *_listed("Cannot be made", made.refused),
            "",
        ]
    )


def _num_run(report: VerificationReport) -> str:
    most = max((row.measurement.num_images for row in report.candidates if row.measurement), default=0)
    every = report.dataset.num_images
    return f"{every:,}" if most == every else f"{most:,} (drawn class by class in proportion) of {every:,}"


def _listed(title: str, lines: dict[str, str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {name}: {text}" for name, text in lines.items())] if lines else []


def main() -> None:
    """Export, verify, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="a run folder; nothing in it changes")
    parser.add_argument("--data", help="its data set, as NAME or NAME:PATH")
    parser.add_argument("--out", type=Path, help="where to write (default docs/measured/RUN)")
    parser.add_argument(
        "--precision", action="append", choices=[each.value for each in Precision], help="only this one"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="run N test images instead of all")
    parser.add_argument("--jobs", type=int, help="candidates at the same time")
    given = parser.parse_args()
    source = load_source(RunFolder(given.run))
    dataset = load_dataset_of(source, given.data, skip_broken=False, progress=ConsoleProgress())
    out = given.out or Path("docs") / "measured" / given.run.resolve().name
    with tempfile.TemporaryDirectory(prefix="edgekit-") as folder:
        made = Collection(folder=Path(folder))
        every = wishes([Precision(name) for name in given.precision or list(Precision)])
        for _, group in groupby(every, key=lambda wish: (wish.beside, wish.job.format, wish.job.precision)):
            made.add(source, dataset, list(group))
        report = verified(made, given.run, given.data, given.jobs, given.sample)
        text = markdown(out.resolve().name, report, made)
    write_text(out / "all-schemes.md", text)
    print(text)


if __name__ == "__main__":
    main()
