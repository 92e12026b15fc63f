"""Records as lines of a file for spreadsheets, fast: most of what a line says has been said before in the same file."""

from collections.abc import Callable, Hashable, Sequence
import csv
from datetime import UTC, datetime, timedelta, tzinfo
import io
import re
from typing import NamedTuple

from homeassistant.util import dt as dt_util

from ..ledger import DOOR_ID, Entry, Part, StoredRecord, Told
from ..protocol.messages import STRANGER_ID
from ..unhurried import unhurried
from .reading import Readable

# Cells that depend on the same, and so are alike for many records.
_WHERE = ("terminal", "serial")
_WHO = ("kind", "person", "enroll_id")
_HOW = ("method", "door_event", "reader", "function_key")
_OUTCOME = ("outcome", "decided_by")
COLUMNS = ("occurred_at", *_WHERE, *_WHO, *_HOW, "temperature", "time_known", "arrived_at", *_OUTCOME)
# Whom a record is about decides how it reads only where that is nobody.
_NOBODY = frozenset({DOOR_ID, STRANGER_ID})
# How what is true or not, a `bool` or a number, is written.
_TRUTHS = (str(False), str(True))
# Texts kept of each sort: of five thousand people whatever they do in some way at either reader, in some ten megabytes.
_KEPT_TEXTS = 50_000
_SECOND = 1_000_000
# In a quarter of an hour the local hour stays the same, wherever clocks differ by whole quarters.
_QUARTER = 900 * _SECOND
_MINUTES = tuple(f"{minute:02}:{second:02}" for minute in range(60) for second in range(60))
# What makes a spreadsheet take a cell for a formula, the wide twins of East Asia too, whatever it trims before that.
_SIGNS = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"""[\s"\ufeff]*{_SIGNS}|[\t\r\n]""")
# Spreadsheets in half of Europe take a semicolon for the end of a cell, quoted or not, and others a tab.
_FORMULA_INSIDE = re.compile(rf"""([;,|\t\r\n\v\f\x85\u2028\u2029])(?=[\s"'\ufeff]*{_SIGNS})""")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What is said of a record piece by piece.
_NO_ENTRY = Entry(None, None, None, None, None, _EPOCH, _EPOCH, live=False)


def safe_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula, whatever it takes for a separator."""
    text = "" if value is None else str(value)
    if _NUMBER.fullmatch(text):
        return text
    text = _FORMULA_INSIDE.sub(r"\1'", text)
    return f"'{text}" if _FORMULA.match(text) else text


class _Texts[K: Hashable](dict[K, str]):
    """Texts by what they say, made where they are missing; never more than `_KEPT_TEXTS`."""

    def __init__(self, make: Callable[[K], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> str:
        if len(self) >= _KEPT_TEXTS:
            self.clear()
        text = self[key] = self._make(key)
        return text


class _Quarter(NamedTuple):
    """How the times of a quarter of an hour are written: what comes before the minute, its first second, the zone."""

    hour: str
    first: int
    zone: str


class _Times(dict[int, _Quarter | None]):
    """The quarters of an hour by their number since 1970; None where clocks are changed within, or differ oddly."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, number: int) -> _Quarter | None:
        if len(self) >= _KEPT_TEXTS:
            self.clear()
        first, last = (self._local(number * _QUARTER), self._local((number + 1) * _QUARTER - 1))
        text = first.isoformat()
        second = first.minute * 60 + first.second
        is_even = first.utcoffset() == last.utcoffset() and first.hour == last.hour
        quarter = self[number] = _Quarter(text[:14], second, text[19:]) if is_even else None
        return quarter

    def texts(self, instants: Sequence[int]) -> list[str]:
        """Return instants in microseconds as local times; no such text is a formula, or has to be quoted."""
        texts = []
        for instant in instants:
            number, rest = divmod(instant, _QUARTER)
            if (quarter := self[number]) is None:
                texts.append(self._local(instant).isoformat())
                continue
            second, parts = divmod(rest, _SECOND)
            hour, first, zone = quarter
            fraction = f".{parts:06}" if parts else ""
            texts.append(f"{hour}{_MINUTES[first + second]}{fraction}{zone}")
        return texts

    def _local(self, instant: int) -> datetime:
        return (_EPOCH + timedelta(microseconds=instant)).astimezone(self._zone)


type _Who = tuple[str | None, str | None, int | None]
type _How = tuple[int | None, int | None, int | None, int | None, int | None]
# Which terminal's roster is asked for a name, None where none has to be, and what a record says somebody did.
type _Deed = tuple[str | None, str | None, int | None, int | None, int | None, int | None, int | None]
type _Outcome = tuple[bool, bool | None, str | None]
_OCCURRED_AT, _RECEIVED_AT = Told._fields.index("occurred_at"), Told._fields.index("received_at")


class Lines:
    """Turns columns of records into lines of one file, as `Readable` puts them. For one thread at a time."""

    def __init__(self, readable: Readable) -> None:
        """Prepare one file, whose times are those of Home Assistant's zone."""
        self._readable = readable
        self._times = _Times(dt_util.get_default_time_zone())
        self._places = _Texts(self._place)
        self._deeds = _Texts(self._deed)
        self._people = _Texts(self._who)
        self._manners = _Texts(self._how)
        self._temperatures = _Texts(_temperature)
        self._outcomes = _Texts(self._outcome)

    def text(self, part: Part) -> str:
        """Return some records as lines."""
        serials, rows = part
        places, deeds, temperatures, outcomes = self._places, self._deeds, self._temperatures, self._outcomes
        occurred_at = self._times.texts([row[_OCCURRED_AT] for row in rows])
        received_at = self._times.texts([row[_RECEIVED_AT] for row in rows])
        lines = []
        for at, came, told in unhurried(zip(occurred_at, received_at, rows, strict=True)):
            _, terminal, _, _, person, number, mode, reader, event, verify, temperature, is_known, granted, by = told
            serial = serials[terminal]
            # A name that a record has is the same everywhere; without one the terminal is asked.
            deed = deeds[serial if person is None else None, person, number, mode, reader, event, verify]
            outcome = outcomes[number == DOOR_ID, granted, by]
            felt, known = temperatures[temperature], _TRUTHS[is_known]
            lines.append(f"{at},{places[serial]},{deed},{felt},{known},{came},{outcome}\r\n")
        return "".join(lines)

    def _place(self, serial: str) -> str:
        return self._cells(_WHERE, _NO_ENTRY, serial=serial)

    def _deed(self, deed: _Deed) -> str:
        serial, person, enroll_id, mode, reader, event, verify_mode = deed
        nobody = enroll_id if enroll_id in _NOBODY else None
        manner = self._manners[nobody, mode, reader, event, verify_mode]
        return f"{self._people[serial, person, enroll_id]},{manner}"

    def _who(self, who: _Who) -> str:
        serial, person, enroll_id = who
        return self._cells(_WHO, _NO_ENTRY._replace(enroll_id=enroll_id), serial=serial or "", person=person)

    def _how(self, how: _How) -> str:
        nobody, mode, reader, event, verify_mode = how
        said = _NO_ENTRY._replace(enroll_id=nobody, mode=mode, reader=reader, event=event, verify_mode=verify_mode)
        return self._cells(_HOW, said)

    def _outcome(self, outcome: _Outcome) -> str:
        is_door, granted, decided_by = outcome
        said = _NO_ENTRY._replace(enroll_id=DOOR_ID if is_door else None, granted=granted, decided_by=decided_by)
        return self._cells(_OUTCOME, said)

    def _cells(self, columns: Sequence[str], entry: Entry, *, serial: str = "", person: str | None = None) -> str:
        said = self._readable.record(StoredRecord(id=0, serial=serial, entry=entry, person=person))
        return _line([safe_cell(said[column]) for column in columns])


def _temperature(value: float | None) -> str:
    # An only cell that is empty would be quoted, and is not in a longer line.
    return "" if value is None else _line([safe_cell(value)])


def _line(cells: Sequence[str]) -> str:
    """Return cells as a part of a line."""
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cells)
    return file.getvalue()
