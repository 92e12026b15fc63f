"""A page of the log, asked for by a statement that was written by hand, and made into the same answer."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from custom_components.timmy_access.ledger import Entry, Page, StoredRecord
from custom_components.timmy_access.ledger.rows import Row

PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - terminals speak naive local time
# Where a row has its time, behind its id and its terminal.
OCCURRED_AT = 2 + Row._fields.index("occurred_at")


def page_by_hand(by_hand: Callable[[str], Sequence[Any]], statement: str) -> Page:
    """Return the page that the ledger returns, of a ledger whose records all say their names, as far as they have any.

    Nothing is looked for that is not asked, and nothing of what a record may lack: none of these lacks it.
    """
    serials = dict(by_hand("SELECT id, serial FROM terminals"))
    rows = by_hand(statement)
    found = []
    for key, terminal, time, enroll_id, mode, reader, event, apart, verify_mode, name, temperature, *more in rows[
        :PAGE
    ]:
        extra, occurred_at, received_at, live, granted, decided_by = more
        entry = Entry(
            enroll_id,
            LOCAL_EPOCH + timedelta(seconds=time),
            mode,
            reader,
            event,
            EPOCH + timedelta(microseconds=occurred_at),
            EPOCH + timedelta(microseconds=received_at),
            bool(live),
            verify_mode,
            name,
            temperature,
            {} if extra is None else json.loads(extra),
            apart,
            granted,
            decided_by,
        )
        found.append(StoredRecord(id=key, serial=serials[terminal], entry=entry, person=name))
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(tuple(found), None if last is None else f"{last[OCCURRED_AT]}.{last[0]}")
