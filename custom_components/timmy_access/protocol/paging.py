"""Lists that come in pages, and how to tell that one is complete.

Two conventions share the same keys (field notes 5, getuserlist): `to` inclusive with `count` the size of the page
(specification B1) or the total (B10), and `to` exclusive with `count` the total (TFS30). An end is marked by an empty
page, by the total, or by silence.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .commands.base import Page
from .wire import Structure

type PageTaker = Callable[[Page], Awaitable[None]]

# 500,000 records, the largest log capacity seen, in pages of 20; a firmware that never ends a list is cut off here.
MAX_PAGES = 25_000
# One page may come twice, as an answer to a question that was taken for lost; two in a row are all there is.
MAX_REPEATED = 2


@dataclass(frozen=True, kw_only=True)
class Listing[S: Structure]:
    """The rows of all pages. An incomplete list must never be used to conclude that something is gone."""

    rows: tuple[S, ...]
    complete: bool


@dataclass(kw_only=True)
class ListProgress:
    """How far the reading of a list has come."""

    pages: int = 0
    rows: int = 0
    complete: bool = False
    held: list[Structure] = field(default_factory=list)
    _last: Page | None = None
    _starts: set[int | None] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _repeated: int = 0

    def take(self, page: Page) -> bool:
        """Note a page; False for one that was sent twice or unasked for, and is to be dropped."""
        # Pages of firmware that does not number them are told apart by what they hold.
        held = hash(str([vars(row) for row in page.rows])) if page.start is None else None
        if page.rows and (page.start in self._starts if held is None else held in self._seen):
            self._repeated += 1
            return False
        self._repeated = 0
        if held is not None:
            self._seen.add(held)
        self._starts.add(page.start)
        self.pages += 1
        self.rows += len(page.rows)
        self._last = page
        self.complete = _ends_list(page)
        return True

    @property
    def repeats(self) -> bool:
        """Whether the terminal tells nothing new any more; such a list has no end, and is not complete."""
        return self._repeated >= MAX_REPEATED

    def fall_silent(self) -> None:
        """Note that no page follows the last one, though it did not say so.

        A page whose count is just its own size does not tell the total; then silence proves nothing.
        """
        total = self._last.count if self._last else None
        self.complete = total is not None and total == self.rows and self.pages > 1


def _ends_list(page: Page) -> bool:
    """Return whether a page says that none follows."""
    if not page.rows:
        return True
    if page.count is None or page.start is None or page.end is None:
        return False
    if page.end == page.start + len(page.rows):  # exclusive: count is the total
        return page.end >= page.count
    if page.end == page.start + len(page.rows) - 1 and page.count != len(page.rows):
        return page.end + 1 >= page.count
    return False
