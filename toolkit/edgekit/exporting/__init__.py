"""From a run or a model file to artifacts, each run and compared with Keras before it is kept."""

from edgekit.exporting.job import ExportRequest, export_request
from edgekit.exporting.report import ExportedFile, ExportReport
from edgekit.exporting.session import export

__all__ = ["ExportReport", "ExportRequest", "ExportedFile", "export", "export_request"]
