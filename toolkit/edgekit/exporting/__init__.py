"""From a run or a model file to artifacts, each run and compared with Keras before it is kept."""

from edgekit.exporting.job import ExportRequest, export_request
from edgekit.exporting.session import ExportedFile, ExportReport, export

__all__ = ["ExportReport", "ExportRequest", "ExportedFile", "export", "export_request"]
