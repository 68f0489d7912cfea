"""The page itself: its sections in their order, and the data that it carries for programs."""

from typing import TYPE_CHECKING, Any

from edgekit.rendering.pages.section import Page, present
from edgekit.rendering.pages.templating import render_page
from edgekit.rendering.pages.verification.context import agreement_section, made_section, tolerance_section
from edgekit.rendering.pages.verification.details import details_section
from edgekit.rendering.pages.verification.files import files_section
from edgekit.rendering.pages.verification.grouping import files_of
from edgekit.rendering.pages.verification.page_size import MANY_CLASSES
from edgekit.rendering.pages.verification.pareto import pareto_section
from edgekit.rendering.pages.verification.reference import reference_section
from edgekit.rendering.pages.verification.resizing import resize_section
from edgekit.rendering.pages.verification.summary import summary_section
from edgekit.rendering.terminal.verification_table import headline
from edgekit.verification.verdict.report import VerificationReport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BY_CLASS = (
    "per_class",
    "confusion",
    "class_flips",
    "significant_classes",
    "flipped_images",
    "reliability",
    "reference_reliability",
)
"""What the data in the page leave out of a candidate if there are many classes; verification.json has it."""


def verification_page(
    report: VerificationReport,
    name: str,
    *,
    images: "NDArray[np.uint8] | None" = None,
    command: str | None = None,
) -> str:
    """The whole report as one HTML file that needs nothing but itself.

    Args:
        report: What to show.
        name: What was verified: the run's name; "" for single files.
        images: uint8 (N, H, W, 3), RGB, 0 to 255: the test split that was verified on, for the pictures of flipped
            images; None: no pictures.
        command: How to make it again.
    """
    files = files_of(report)
    page = Page(
        title=f"Verification of {name}" if name else "Verification",
        sections=present(
            summary_section(report, files),
            files_section(report, files),
            pareto_section(files),
            details_section(files, report.dataset.class_names, images),
            agreement_section(report),
            resize_section(report),
            reference_section(report),
            tolerance_section(report),
            made_section(report, command),
        ),
        lead=f"{headline(report)}.",
        data=_data(report),
        footer=f"Made by edgekit{f' {report.environment.edgekit}' if report.environment else ''}. "
        f"The numbers of this page, for programs: JSON under the id “data”.",
    )
    return render_page(page)


def _data(report: VerificationReport) -> dict[str, Any]:
    """verification.json, without what would make the page large if there are many classes."""
    document = report.to_dict()
    if len(report.dataset.class_names) <= MANY_CLASSES:
        return document
    rows = [{name: value for name, value in row.items() if name not in BY_CLASS} for row in document["candidates"]]
    reference = {name: value for name, value in document["reference"].items() if name != "report"}
    dataset = {name: value for name, value in document["dataset"].items() if name != "class_names"}
    left_out = [*BY_CLASS, "reference.report", "dataset.class_names"]
    return document | {"candidates": rows, "reference": reference, "dataset": dataset, "left_out": left_out}
