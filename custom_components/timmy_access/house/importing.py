"""People from a table, as spreadsheets write it: everything that is wrong is found before anything is done.

The first line names the columns, in any order: `name`, `number`, `card`, `pin`, `valid_from`, `valid_until`, `groups`
and `note`. A number of the house with the name that has it there changes that person, every other line adds one. Groups
are separated by `;` or `|`. Dates are `YYYY-MM-DD`, the last day included, or with a time.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from copy import replace
import csv
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
import io
import re
from typing import Any

from ..ledger import likeness
from ..people.names import is_same_name
from ..protocol.commands.kinds import MAX_CARD, MAX_PIN
from ..protocol.enums import Credential
from ..protocol.peer import is_printable
from .arrivals import Arrival, Contents
from .changes import in_use
from .directory import Directory
from .errors import HouseInvalid, Problem
from .household import Household
from .persons import HousePerson

# Fifty thousand people, each with a long note in a wide encoding, are no more; it is read as a whole.
MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 50_000
# More faults than this are one fault: another file.
MAX_FAULTS = 100
NAME, NUMBER, CARD, PIN = "name", "number", "card", "pin"
VALID_FROM, VALID_UNTIL, GROUPS, NOTE = "valid_from", "valid_until", "groups", "note"
COLUMNS = (NAME, NUMBER, CARD, PIN, VALID_FROM, VALID_UNTIL, GROUPS, NOTE)
# What a spreadsheet takes for a formula (also in what we export); an apostrophe before it makes it a text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_QUOTE = "'"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"\d{1,20}", re.ASCII)
_SLOTS: Mapping[str, tuple[int, int]] = {
    CARD: (Credential.CARD.value, MAX_CARD),
    PIN: (Credential.PASSWORD.value, MAX_PIN),
}

type Mark = Callable[[int, Contents], bytes]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong in a line, counted from 1 with that of the columns, and a column; line 0 is the whole file."""

    row: int
    column: str
    error: HouseInvalid


@dataclass(frozen=True, kw_only=True)
class Importing:
    """What would be done, or all that is wrong."""

    added: tuple[Arrival, ...] = ()
    changed: tuple[Arrival, ...] = ()
    unchanged: int = 0
    faults: tuple[Fault, ...] = ()


def text_of(content: bytes, encoding: str | None) -> str:
    """Return a file as text; raises `HouseInvalid` where it is another encoding. None is one of the Unicode ones."""
    if len(content) > MAX_BYTES:
        raise HouseInvalid("file", Problem.TOO_LONG, {"limit": str(MAX_BYTES), "size": str(len(content))})
    if encoding is None:
        wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if wide else "utf-8-sig"
    try:
        return content.decode(encoding)
    except (LookupError, ValueError) as err:  # also where the name of an encoding is none
        raise HouseInvalid("encoding", Problem.ENCODING, {"value": encoding}) from err


def importing(
    household: Household,
    text: str,
    ids: Iterator[str],
    zone: tzinfo,
    mark: Mark | None,
    taken: frozenset[int] = frozenset(),
) -> Importing:
    """Return what a table would do to a house; `ids` gives ULIDs, without end.

    `mark` is that of the vault, None where it is closed; `taken` are numbers that nobody new gets by themselves.
    """
    try:
        rows, columns = _rows(text)
    except HouseInvalid as err:
        return Importing(faults=(Fault(row=1, column=err.field, error=err),))
    work = _Work(household, ids, zone, mark, columns)
    for line, cells in rows:
        work.read(line, cells)
    if not work.faults:
        work.put_together(taken)
    return work.outcome()


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"{_QUOTE}{text}" if text.startswith((*FORMULA, _QUOTE)) else text


def _rows(text: str) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """Return the lines with their numbers, and the columns."""
    first = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        columns = [likeness(column).replace(" ", "_") for column in next(reader, [])]
        begin = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begin, cells))
            begin = reader.line_num + 1
            if len(rows) > MAX_ROWS:
                raise HouseInvalid("file", Problem.TOO_MANY, {"limit": str(MAX_ROWS), "size": str(len(rows))})
    except csv.Error as err:
        raise HouseInvalid("file", Problem.NOT_A_TABLE) from err
    for column in columns:
        if column not in COLUMNS or columns.count(column) > 1:
            raise HouseInvalid(column or "file", Problem.COLUMN, {"columns": ", ".join(COLUMNS)})
    if NAME not in columns:
        raise HouseInvalid(NAME, Problem.COLUMN, {"columns": ", ".join(COLUMNS)})
    return rows, columns


class _Work:
    """The lines so far, and what is wrong with them."""

    def __init__(
        self, household: Household, ids: Iterator[str], zone: tzinfo, mark: Mark | None, columns: list[str]
    ) -> None:
        self._household = household
        self._ids = ids
        self._zone = zone
        self._mark = mark
        self._columns = columns
        self._directory = Directory.of(household)
        self._groups = {likeness(group.name): key for key, group in household.groups.items()}
        self._holders: dict[tuple[int, Contents], HousePerson] = {}
        self._met: set[str] = set()
        self._house_holders = {
            (slot, held.mark): person_id for (person_id, slot), held in household.credentials.items() if held.mark
        }
        self._values: dict[int, dict[str, Any]] = {}
        self._added: list[Arrival] = []
        self._changed: list[Arrival] = []
        self._unchanged = 0
        self.faults: list[Fault] = []

    def read(self, line: int, cells: list[str]) -> None:
        """Read one line, or note what is wrong with it."""
        if len(self.faults) >= MAX_FAULTS:
            return
        if len(cells) > len(self._columns):
            self._fault(line, "file", HouseInvalid("file", Problem.NOT_A_TABLE))
            return
        values = self._values[line] = {NAME: ""}
        for column, cell in zip(self._columns, cells, strict=False):
            try:
                values[column] = self._value(column, cell.strip())
            except HouseInvalid as err:
                self._fault(line, column, err)

    def put_together(self, taken: frozenset[int]) -> None:
        """Compare the lines with the house and each other; whoever has no number gets one above all that are taken."""
        own = {number for values in self._values.values() if (number := values.get(NUMBER)) is not None}
        numbers = self._directory.free_numbers(taken | own)
        for line, values in self._values.items():
            if len(self.faults) >= MAX_FAULTS:
                return
            try:
                self._put(values, numbers)
            except HouseInvalid as err:
                self._fault(line, {"enroll_id": NUMBER, "password": PIN}.get(err.field, err.field), err)

    def outcome(self) -> Importing:
        """Return what is to be done, which is nothing where something is wrong."""
        if self.faults:
            return Importing(faults=tuple(self.faults))
        return Importing(added=tuple(self._added), changed=tuple(self._changed), unchanged=self._unchanged)

    def _fault(self, row: int, column: str, error: HouseInvalid) -> None:
        self.faults.append(Fault(row=row, column=column, error=error))

    def _value(self, column: str, cell: str) -> Any:
        if column in (NUMBER, CARD, PIN):
            return self._number(column, cell)
        if cell.startswith(FORMULA):
            raise HouseInvalid(column, Problem.FORMULA)
        cell = cell.removeprefix(_QUOTE) if cell.startswith(_QUOTE) else cell
        if column in (VALID_FROM, VALID_UNTIL):
            return self._moment(column, cell)
        if column == GROUPS:
            return frozenset(self._group(name) for name in re.split(r"[;|]", cell) if name.strip())
        cell = "\n".join(cell.splitlines())
        if not is_printable(cell.replace("\n", " ") if column == NOTE else cell):
            raise HouseInvalid(column, Problem.NOT_A_TEXT)
        return cell

    def _number(self, column: str, cell: str) -> int | None:
        if not cell:
            return None
        if not _DIGITS.fullmatch(cell):
            raise HouseInvalid(column, Problem.NOT_A_NUMBER)
        if column == PIN and cell.startswith("0"):
            raise HouseInvalid(column, Problem.PIN_BEGINS_WITH_ZERO)
        if column in _SLOTS:
            high = _SLOTS[column][1]
            if not 1 <= int(cell) <= high:
                raise HouseInvalid(column, Problem.OUT_OF_RANGE, {"low": "1", "high": str(high)})
            if self._mark is None:
                raise HouseInvalid(column, Problem.VAULT_CLOSED)
        return int(cell)

    def _moment(self, column: str, cell: str) -> datetime | None:
        if not cell:
            return None
        try:
            moment = datetime.fromisoformat(cell)
            if _DAY.fullmatch(cell) and column == VALID_UNTIL:
                moment += timedelta(days=1)
        except (ValueError, OverflowError) as err:
            raise HouseInvalid(column, Problem.NOT_A_DATE) from err
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)

    def _group(self, name: str) -> str:
        if (group := self._groups.get(likeness(name))) is None:
            raise HouseInvalid(GROUPS, Problem.NOT_KNOWN, {"value": name.strip()})
        return group

    def _put(self, values: Mapping[str, Any], numbers: Iterator[int]) -> None:
        number = values.get(NUMBER)
        holder = None if number is None else self._directory.holder(number)
        known = None if holder is None else self._household.people.get(holder.person_id)
        is_other = known is not holder or not is_same_name(values[NAME], holder.name if holder else "")
        # Of two lines about one person nobody knows which one holds.
        if holder is not None and (is_other or holder.person_id in self._met):
            raise HouseInvalid("enroll_id", Problem.NUMBER_IN_USE, {"number": str(number), "holder": holder.name})
        fields = {column: values[column] for column in (VALID_FROM, VALID_UNTIL, GROUPS, NOTE) if column in values}
        if known is not None:
            person = replace(known, **fields)
            self._met.add(person.person_id)
        else:
            number = next(numbers) if number is None else number
            person = HousePerson(person_id=next(self._ids), name=values[NAME], enroll_id=number, **fields)
            self._directory.check(person)
            self._directory.add(person)
        secrets = {_SLOTS[column][0]: values[column] for column in _SLOTS if values.get(column) is not None}
        for slot, contents in secrets.items():
            self._check_secret(person, slot, contents)
        arrival = Arrival(person=person, before=known, secrets=secrets)
        if known is None:
            self._added.append(arrival)
        elif person != known or secrets:
            self._changed.append(arrival)
        else:
            self._unchanged += 1

    def _check_secret(self, person: HousePerson, slot: int, contents: Contents) -> None:
        mark = self._mark(slot, contents) if self._mark else b""
        holder = self._house_holders.get((slot, mark))
        if holder is not None and holder != person.person_id:
            raise in_use(slot, self._household.people[holder].name)
        first = self._holders.setdefault((slot, contents), person)
        if first.person_id != person.person_id:
            raise in_use(slot, first.name)
