"""A classification report as text with four digits. Knows no metric's formula."""

from edgekit.metrics.classification import ClassificationReport, ClassQuality


def report_text(report: ClassificationReport) -> str:
    """One line per class, the accuracy and the averages, as scikit-learn lays them out."""
    averages = {"macro average": report.macro_average, "weighted average": report.weighted_average}
    width = max(len(name) for name in (*report.per_class, *averages))
    header = f"{'':{width}}  {'precision':>9}  {'recall':>9}  {'F1':>9}  {'images':>9}"
    accuracy = f"{'accuracy':{width}}  {'':9}  {'':9}  {report.accuracy:9.4f}  {report.num_images:9,}"
    rows = [_line(name, row, width) for name, row in report.per_class.items()]
    return "\n".join([header, "", *rows, "", accuracy, *(_line(name, row, width) for name, row in averages.items())])


def _line(name: str, row: ClassQuality, width: int) -> str:
    return f"{name:{width}}  {row.precision:9.4f}  {row.recall:9.4f}  {row.f1:9.4f}  {row.support:9,}"
