"""Documents to download, and exports."""

from app.reports.views import documents, exporting
from app.reports.views.blueprint import blueprint
from app.reports.views.documents import printed, printed_sheet

__all__ = ["blueprint", "documents", "exporting", "printed", "printed_sheet"]
