"""The log memory of a terminal."""

from dataclasses import dataclass
from datetime import datetime
import math
from typing import Any

from .clock import parse


@dataclass(slots=True, eq=False)
class Entry:
    """One stored record; records are told apart by identity, as two punches may look the same."""

    record: dict[str, Any]
    sent: bool = False
    live: bool = False
    """Made while the server was there: it travels alone, a backlog travels in batches (field notes 3)."""
    door: int = 1
    """Where it was made; no record says so (field notes 3, event)."""


class LogBook:
    """All records since the last `cleanlog`, oldest first; the oldest make room where no more fit in."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: list[Entry] = []

    @property
    def unsent(self) -> list[Entry]:
        """Return the records which the server has neither acknowledged nor fetched."""
        return [entry for entry in self.entries if not entry.sent]

    def used(self) -> dict[str, int]:
        """Return the counters as in `reg` and `getdevcap`."""
        unsent = len(self.unsent)
        return {"usedlog": len(self.entries), "usednewlog": unsent, "usedrtlog": unsent}

    def add(self, record: dict[str, Any], *, live: bool, door: int = 1, room: float = math.inf) -> Entry:
        """Store a record among `room`, over the oldest where all of that is taken, sent or not."""
        while len(self.entries) >= max(room, 1):
            self.entries.pop(0).sent = True
        entry = Entry(record, live=live, door=door)
        self.entries.append(entry)
        return entry

    def next_batch(self, size: int) -> list[Entry]:
        """Return what the next `sendlog` carries."""
        unsent = self.unsent
        if not unsent or unsent[0].live:
            return unsent[:1]
        batch: list[Entry] = []
        for entry in unsent[:size]:
            if entry.live:
                break
            batch.append(entry)
        return batch

    def postpone(self) -> None:
        """Turn whatever is unsent into a backlog: the socket is gone."""
        for entry in self.entries:
            entry.live = False

    def between(self, first: datetime | None, last: datetime | None) -> list[Entry]:
        """Return the records of a span of time."""
        return [
            entry
            for entry in self.entries
            if (first is None or parse(entry.record["time"]) >= first)
            and (last is None or parse(entry.record["time"]) <= last)
        ]

    def clear(self) -> None:
        """Forget everything; a frame on its way is not sent again."""
        for entry in self.entries:
            entry.sent = True
        self.entries.clear()
