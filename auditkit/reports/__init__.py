"""Reports: results and exhibits turned into one page, or ten plain lines.

A report reads results; it never sees data arrays or models, so it can show only what an audit decided to keep. The
page on which people review samples is another thing: it shows samples, and takes their data set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit.lazy import lazy_names

if __name__ == "reports":  # the top-level link is for people who browse; its bare name belongs to the user
    message = "import auditkit.reports, not reports: the bare name may be a module of your own."
    raise ImportError(message)

if TYPE_CHECKING:
    from auditkit.reports.page import render_page, write_report
    from auditkit.reports.review_page import ReviewPage, review
    from auditkit.reports.summary import Summary, summarise
    from auditkit.reports.text import summary_text

__all__ = ["ReviewPage", "Summary", "render_page", "review", "summarise", "summary_text", "write_report"]

_HOMES = {
    "ReviewPage": "review_page",
    "Summary": "summary",
    "render_page": "page",
    "review": "review_page",
    "summarise": "summary",
    "summary_text": "text",
    "write_report": "page",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
