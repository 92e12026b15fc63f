"""Lists that come in pages, and how to tell that one is complete.

Two conventions share the same keys (field notes 5, getuserlist): `to` inclusive with `count` the size of the page
(specification B1) or the total (B10), and `to` exclusive with `count` the total (TFS30). An end is marked by an empty
page, by the total, or by silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .commands.base import Page
from .wire import Structure

# 500,000 records, the largest log capacity seen, in pages of 20; a firmware that never ends a list is cut off here.
MAX_PAGES = 25_000


@dataclass(frozen=True, kw_only=True)
class Listing[S: Structure]:
    """The rows of all pages. An incomplete list must never be used to conclude that something is gone."""

    rows: tuple[S, ...]
    complete: bool


def ends_list(pages: Sequence[Page]) -> bool:
    """Return whether the last page says that none follows."""
    last = pages[-1]
    if not last.rows:
        return True
    if last.count is None or last.start is None or last.end is None:
        return False
    if last.end == last.start + len(last.rows):  # exclusive: count is the total
        return last.end >= last.count
    if last.end == last.start + len(last.rows) - 1 and last.count != len(last.rows):
        return last.end + 1 >= last.count
    return False


def is_whole(pages: Sequence[Page]) -> bool:
    """Return whether the pages received so far, followed by silence, are the whole list."""
    if not pages:
        return False
    total = pages[-1].count
    rows = sum(len(page.rows) for page in pages)
    # A page whose count is just its own size does not tell the total; then silence proves nothing.
    return ends_list(pages) or (total is not None and total == rows and len(pages) > 1)
