"""Lists that come in pages, and how to tell that one is complete.

Two conventions share the same keys (field notes 5, getuserlist): `to` inclusive with `count` the size of the page
(specification B1) or the total (B10), and `to` exclusive with `count` the total (TFS30). An end is marked by an empty
page, by the total, or by silence.
"""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from .commands.base import Page
from .wire import Structure

type PageTaker = Callable[[Page], Awaitable[None]]

# 500,000 records, the largest log capacity seen, in pages of 20; a firmware that never ends a list is cut off here.
MAX_PAGES = 25_000
# One page may come twice, as an answer to a question that was taken for lost; two in a row that hold what earlier pages
# held are all there is.
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
    _latest: frozenset[Hashable] = frozenset()
    _seen: set[int] = field(default_factory=set)
    _spans: list[tuple[int, int]] = field(default_factory=list)
    _repeated: int = 0
    _total: int = 0
    # The lowest number a row may have: 0, or also 1 where the last one of a page counts.
    _first: int = 0
    _said_last: bool = False
    _misread: bool = False
    _cut: bool = False

    def take(self, page: Page) -> bool:
        """Note a page; False for one that was sent twice or unasked for, and is to be dropped.

        Pages are told apart by what they hold, in any order, as their numbers may stand still. Where only the numbers
        go on, a few are taken: two pages may be alike.
        """
        contents = page.contents
        keys = {hash(contents), hash((page.start, contents))}
        # What cannot be read looks like all else that cannot.
        if page.rows or page.misread:
            self._repeated = 0 if keys.isdisjoint(self._seen) else self._repeated + 1
            if keys <= self._seen:
                return False
            self._misread = self._misread or self._repeated > 0
        self._seen |= keys
        self.pages += 1
        # A row that two neighbours have is one, unless their numbers say otherwise.
        self.rows += len(page.rows) - (len(contents & self._latest) if self._overlaps(page) else 0)
        self._latest = contents
        self._last = page
        self._misread = self._misread or page.misread
        if _counts_all(page):
            self._total = max(self._total, page.count or 0)
        if page.start is not None and page.rows:
            self._spans.append((page.start, max(page.start + len(page.rows), (page.end or 0) + _is_inclusive(page))))
            self._first = max(self._first, _is_inclusive(page))
        is_last = _ends_list(page)
        # A list may come from its end to its beginning.
        self._said_last = self._said_last or is_last
        self.complete = self._said_last and self._is_whole()
        self._cut = is_last and not page.rows and not self.complete
        return True

    def _overlaps(self, page: Page) -> bool:
        """Return whether a page may have rows of the last one."""
        last = self._last
        if last is None or last.start is None or page.start is None:
            return True
        return page.start < last.start + len(last.rows)

    @property
    def repeats(self) -> bool:
        """Whether the terminal tells nothing new any more; such a list has no end, and is not complete."""
        return self._repeated >= MAX_REPEATED

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be asked for; a list that ends before all it has promised is not complete."""
        return self.complete or self.repeats or self._cut or self.pages >= MAX_PAGES

    def fall_silent(self) -> None:
        """Note that no page follows the last one, though it did not say so.

        A page whose count is just its own size does not tell the total; then silence proves nothing.
        """
        total = self._last.count if self._last else None
        self.complete = total is not None and total == self.rows and self.pages > 1 and self._is_whole()

    def _is_whole(self) -> bool:
        """Return whether all rows that were promised have come and been read, and none between them is missing."""
        if self._misread or self.rows < self._total:
            return False
        reached = self._first
        for start, stop in sorted(self._spans):
            if start > reached:
                return False
            reached = max(reached, stop)
        return True


def _is_inclusive(page: Page) -> bool:
    """Return whether `to` is the last row of the page, and not the first of the next."""
    return page.start is not None and page.end == page.start + len(page.rows) - 1


def _counts_all(page: Page) -> bool:
    """Return whether `count` is the number of all rows, and not that of the page."""
    return page.count is not None and page.count > len(page.rows)


def _ends_list(page: Page) -> bool:
    """Return whether a page says that none follows."""
    if not page.rows:
        return not page.misread
    if page.count is None or page.start is None or page.end is None:
        return False
    if page.end == page.start + len(page.rows):  # exclusive: count is the total
        return page.end >= page.count
    if _is_inclusive(page) and page.count != len(page.rows):
        return page.end + 1 >= page.count
    return False
