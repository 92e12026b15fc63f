"""The durable access log. Knows nothing of Home Assistant, nor of the terminals' protocol.

ledger = Ledger(default_url(folder))
await ledger.start()
kept = await ledger.keep("ZX00000001", [Entry(...), ...])   # committed; now acknowledge
page = await ledger.records(RecordFilter(serials=["ZX00000001"]))
await ledger.close()
"""

from .attendance import AttendanceDay, SheetDay, SheetPunch, TimeThere
from .corrections import Correction
from .entries import DOOR_ID, Decider, Entry, Identity, Kept, StoredRecord
from .errors import Cause, LedgerError, LedgerInvalid, LedgerUnavailable, Problem
from .exports import Part, Told
from .filters import RecordFilter, RecordKind
from .health import Counters, Health
from .hourly import HourCount, HourCounts
from .houses import MAX_SEALED, HouseChange, HouseChanges, HouseItem, HouseKind
from .ledger import Ledger
from .limits import Limits
from .names import Named, likeness, nameless
from .passes import Pass, PassUse
from .people import Person
from .records import LastSeen, Page
from .stretches import Standing, Way
from .unread import StoredUnread, Tally, UnreadFrame
from .url import default_url, key_of_url, shown_url

__all__ = [
    "DOOR_ID",
    "MAX_SEALED",
    "AttendanceDay",
    "Cause",
    "Correction",
    "Counters",
    "Decider",
    "Entry",
    "Health",
    "HourCount",
    "HourCounts",
    "HouseChange",
    "HouseChanges",
    "HouseItem",
    "HouseKind",
    "Identity",
    "Kept",
    "LastSeen",
    "Ledger",
    "LedgerError",
    "LedgerInvalid",
    "LedgerUnavailable",
    "Limits",
    "Named",
    "Page",
    "Part",
    "Pass",
    "PassUse",
    "Person",
    "Problem",
    "RecordFilter",
    "RecordKind",
    "SheetDay",
    "SheetPunch",
    "Standing",
    "StoredRecord",
    "StoredUnread",
    "Tally",
    "TimeThere",
    "Told",
    "UnreadFrame",
    "Way",
    "default_url",
    "key_of_url",
    "likeness",
    "nameless",
    "shown_url",
]
