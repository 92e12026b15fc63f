"""Records as the ledger keeps them, for loops that do nothing else (`inserts`)."""

from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path

from custom_components.timmy_access.ledger import Entry, Ledger
from custom_components.timmy_access.ledger.limits import MAX_ENTRIES
from custom_components.timmy_access.ledger.rows import rows_of

SERIAL = "ZX00000001"
PEOPLE = 500
BEGINNING = datetime(2026, 1, 1)  # noqa: DTZ001 - terminals speak naive local time


def entry(index: int) -> Entry:
    """Return a punch, each a second after the one before."""
    time = BEGINNING + timedelta(seconds=index)
    instant = time.replace(tzinfo=UTC)
    return Entry(
        enroll_id=1 + index % PEOPLE,
        time=time,
        mode=8,
        reader=0,
        event=0,
        occurred_at=instant,
        received_at=instant + timedelta(seconds=1),
        live=True,
        name=f"Person {index % PEOPLE}",
        temperature=36.5,
    )


def records(first: int, count: int) -> list[tuple[object, ...]]:
    """Return rows for `inserts`, of the punches from `first` on."""
    entries = (entry(index) for index in range(first, first + count))
    return [(1, *row) for part in batched(entries, MAX_ENTRIES, strict=False) for row in rows_of(part)]


async def make_database(path: Path) -> None:
    """Let the ledger make its tables in a file, and one terminal."""
    ledger = Ledger(f"sqlite:///{path}")
    await ledger.start()
    await ledger.keep(SERIAL, [entry(-1)])
    await ledger.close()
