"""Long lists, a page at a time."""

from collections.abc import Callable, Sequence
from typing import Literal

from .wire import Frame

USER_PAGE = 40
"""Most users of one page (spec B1)."""
LOG_PAGE = 50
"""Most records of one page (spec B10)."""

EMPTY_PAGE: Frame = {"count": 0, "from": 0, "to": 0, "record": []}


class Pages:
    """A list which a server fetches with `stn: true` and then `stn: false` until the end.

    Both conventions of field notes 5, getuserlist: `total` has an exclusive `to`, counts everything and is silent after
    the end; `page` has an inclusive `to` and ends with an empty page.
    """

    def __init__(
        self,
        items: Sequence[Frame],
        size: int,
        style: Literal["total", "page"],
        *,
        counts_all: bool,
        fetched: Callable[[int, int], None] | None = None,
    ) -> None:
        """Start before the first page; `fetched` hears which items have left."""
        self._items = items
        self._size = size
        self._style = style
        self._counts_all = counts_all or style == "total"
        self._fetched = fetched
        self._position = 0

    def first(self) -> Frame:
        """Return the first page, which may be empty."""
        return self.next() or dict(EMPTY_PAGE)

    def next(self) -> Frame | None:
        """Return the next page, or nothing where this firmware keeps silent."""
        start = self._position
        page = list(self._items[start : start + self._size])
        if not page:
            return None if self._style == "total" else dict(EMPTY_PAGE)
        self._position = end = start + len(page)
        if self._fetched is not None:
            self._fetched(start, end)
        return {
            "count": len(self._items) if self._counts_all else len(page),
            "from": start,
            "to": end if self._style == "total" else end - 1,
            "record": page,
        }
