"""The model of a run as one self-contained HTML page: how it learned, how good it is, its mistakes.

Reads what `edgekit train` and `edgekit verify` left in the run folder. Computes nothing, runs nothing.
"""

from collections.abc import Mapping
from typing import Any

from edgekit.foundation.errors import RunFolderError
from edgekit.rendering.pages.numbers import count
from edgekit.rendering.pages.run.classes import classes_section
from edgekit.rendering.pages.run.clients import clients_section
from edgekit.rendering.pages.run.confusion import confusion_section
from edgekit.rendering.pages.run.images import mistakes_section, training_images_section
from edgekit.rendering.pages.run.learning import learning_section
from edgekit.rendering.pages.run.provenance import made_section, network_section
from edgekit.rendering.pages.run.summary import summary_section
from edgekit.rendering.pages.run.verification import verification_section
from edgekit.rendering.pages.section import Page, present
from edgekit.rendering.pages.templating import render_page
from edgekit.runs.folder import RunFolder
from edgekit.runs.summary import read_report, summarize


def run_page(run: RunFolder) -> str:
    """The whole page.

    Raises:
        RunFolderError: A file of the run was changed, or holds something else than edgekit writes.
    """
    report = read_report(run)
    try:
        return render_page(_page(run, report))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise RunFolderError(
            f"The run {run.path} holds a report, history or table that edgekit did not write: "
            f"{type(error).__name__}: {error}. Restore its files, or train again."
        ) from error


def _page(run: RunFolder, report: Mapping[str, Any] | None) -> Page:
    summary = summarize(run)
    return Page(
        title=f"Model report of {run.name}",
        sections=present(
            summary_section(summary, report, is_external=run.is_external),
            learning_section(run),
            classes_section(run, report),
            confusion_section(run, report),
            training_images_section(run),
            mistakes_section(run, report),
            verification_section(run),
            clients_section(run),
            network_section(run),
            made_section(run.manifest),
        ),
        lead=_lead(run),
        data=summary.to_dict() | {"run": run.name},
        footer="Made by edgekit report. The numbers of this page, for programs: JSON under the id “data”.",
    )


def _lead(run: RunFolder) -> str:
    """What the model is, and what it was trained and measured on, as far as the run knows."""
    manifest = run.manifest
    data = manifest.get("dataset") or {}
    train, validation, test = (count(data.get(name)) for name in ("num_train", "num_validation", "num_test"))
    if run.is_external:
        measured = f", measured on {test} test images of {data['name']}" if "num_test" in data else ""
        return f"An external model ({manifest['source']['file']}), not trained by edgekit{measured}."
    name = manifest.get("recipe") or "A model"
    if "num_train" not in data:
        return f"{name}, data set {data.get('name', 'unknown')}."
    return f"{name}, trained on {train} images of {data['name']}, chosen by {validation}, measured on {test}."
