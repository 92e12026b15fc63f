"""What a terminal keeps without power, in a file."""

from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from .logs import Entry
from .lost_writes import copied
from .machine import Machine
from .users import User, UserLock

LAYOUT: Final = 1
"""Number of the layout of the file; a file with another one is not touched."""
TORN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""How the database says that a file is none, or no whole one."""

_CREATE: Final = "CREATE TABLE IF NOT EXISTS kept (part TEXT, key INTEGER, value TEXT, PRIMARY KEY (part, key))"
_PUT: Final = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT (part, key) DO UPDATE SET value = excluded.value"

type Rows = dict[str, dict[int, Any]]


class StateFileError(Exception):
    """A state file which cannot be used and is left as it is."""


class Flash:
    """One file for one terminal: people, settings and logs, each change in one transaction.

    It is a database, so that a change costs as much as the change, and a program which is killed leaves the state
    before the change or after it. A torn file is put aside under the name `*.torn`, and the terminal starts empty.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is read yet."""
        self.path = path
        self.complaint: str | None = None
        """What was wrong with the file, if it was torn."""
        self._connection: sqlite3.Connection | None = None
        self._people: dict[int, User] = {}
        self._logged: list[tuple[Entry, bool]] = []
        self._rest: dict[str, str] = {}

    def load(self, machine: Machine) -> bool:
        """Give a terminal fresh from the factory what is in the file, and tell whether there was anything.

        Raises `StateFileError` for the file of another terminal or another layout, and when it cannot be read.
        """
        if not self.path.exists():
            return False
        try:
            rows = self._read()
            if rows["terminal"][0]["serial"] != machine.serial:
                message = f"{self.path} belongs to {rows['terminal'][0]['serial']}, not to {machine.serial}"
                raise StateFileError(message)
            found = _Found(rows)
        except sqlite3.DatabaseError as error:
            # The lowest byte says what, the others say where; text which is none has no code at all.
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in TORN:
                message = f"{self.path}: {error}"
                raise StateFileError(message) from error
        except ValueError, KeyError, TypeError:
            pass
        else:
            found.give(machine)
            return True
        self._put_aside()
        return False

    def open(self, machine: Machine) -> None:
        """Hold the file, for this program alone, and write everything into it.

        Raises `StateFileError` when another program holds it, or when it cannot be written.
        """
        self._people, self._logged, self._rest = {}, [], {}
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(self.path, timeout=0)
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute(f"PRAGMA user_version = {LAYOUT}")
            connection.execute(_CREATE)
            connection.execute("DELETE FROM kept")
            self._write(connection, machine)
            connection.commit()
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            message = f"{self.path}: {error}"
            raise StateFileError(message) from error
        self._connection = connection

    def save(self, machine: Machine) -> None:
        """Write what has changed; while the file is not held, nothing. Raises `StateFileError` when it cannot."""
        if self._connection is None:
            return
        try:
            with self._connection:
                self._write(self._connection, machine)
        except sqlite3.Error as error:
            self._connection.close()
            self._connection = None
            message = f"{self.path}: {error}"
            raise StateFileError(message) from error

    def close(self, machine: Machine) -> None:
        """Write what has changed and let go of the file."""
        self.save(machine)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self) -> Rows:
        rows: Rows = {"terminal": {}, "user": {}, "log": {}, "rest": {}}
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", timeout=0, uri=True)) as connection:
            if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
                message = "it is torn"
                raise ValueError(message)
            layout = connection.execute("PRAGMA user_version").fetchone()[0]
            if layout not in {0, LAYOUT}:
                message = f"{self.path} has the layout {layout}; this simulator knows {LAYOUT}"
                raise StateFileError(message)
            if connection.execute("SELECT name FROM sqlite_master WHERE name = 'kept'").fetchone() is None:
                message = "it is empty"
                raise ValueError(message)
            for part, key, value in connection.execute("SELECT part, key, value FROM kept ORDER BY rowid"):
                rows[part][key] = json.loads(value)
        return rows

    def _put_aside(self) -> None:
        aside = self.path.with_name(f"{self.path.name}.torn")
        self.path.replace(aside)
        # what was about to be undone belongs to the torn file
        self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        self.complaint = f"the state file was torn and is now {aside.name}: starting empty"

    def _write(self, connection: sqlite3.Connection, machine: Machine) -> None:
        self._write_rest(connection, machine)
        self._write_people(connection, machine)
        self._write_logs(connection, machine)

    def _write_people(self, connection: sqlite3.Connection, machine: Machine) -> None:
        people = machine.users.by_id
        for number in self._people.keys() - people.keys():
            connection.execute("DELETE FROM kept WHERE part = 'user' AND key = ?", (number,))
            del self._people[number]
        for number, user in people.items():
            if self._people.get(number) != user:
                connection.execute(_PUT, ("user", number, json.dumps(asdict(user))))
                self._people[number] = copied(user)

    def _write_logs(self, connection: sqlite3.Connection, machine: Machine) -> None:
        entries = machine.logs.entries
        if self._logged and not (entries and entries[0] is self._logged[0][0]):
            connection.execute("DELETE FROM kept WHERE part = 'log'")
            self._logged.clear()
        for index, entry in enumerate(entries):
            state = (entry, entry.sent)
            if index == len(self._logged):
                self._logged.append(state)
            elif self._logged[index] == state:
                continue
            self._logged[index] = state
            connection.execute(_PUT, ("log", index, json.dumps([entry.record, entry.sent])))

    def _write_rest(self, connection: sqlite3.Connection, machine: Machine) -> None:
        values = {
            ("terminal", 0): {"serial": machine.serial},
            **{("rest", index): value for index, value in enumerate(_rest(machine))},
        }
        for (part, key), value in values.items():
            text = json.dumps(value)
            name = f"{part}{key}"
            if self._rest.get(name) != text:
                connection.execute(_PUT, (part, key, text))
                self._rest[name] = text


def _rest(machine: Machine) -> tuple[Any, ...]:
    """Return whatever is kept besides people and logs, in the order in which `_Found.give` takes it back."""
    clock = machine.clock
    return (
        machine.settings,
        machine.access_settings,
        machine.questionnaire,
        machine.holidays,
        machine.users.notice,
        machine.new_users,
        machine.menu_approval,
        machine.logindex,
        [clock.offset.total_seconds(), clock.drift, clock.since.isoformat()],
    )


class _Found:
    """The content of a file, understood as a whole before a terminal gets any of it."""

    def __init__(self, rows: Rows) -> None:
        """Understand; raises `KeyError`, `TypeError` or `ValueError` if something is wrong."""
        self._users = {number: _user(value) for number, value in rows["user"].items()}
        self._entries = [Entry(record, sent=sent) for record, sent in (rows["log"][n] for n in range(len(rows["log"])))]
        (
            self._settings,
            self._access_settings,
            self._questionnaire,
            self._holidays,
            self._notice,
            self._new_users,
            self._menu_approval,
            self._logindex,
            (offset, self._drift, since),
        ) = (rows["rest"][index] for index in range(len(rows["rest"])))
        self._offset = timedelta(seconds=offset)
        self._since = datetime.fromisoformat(since)

    def give(self, machine: Machine) -> None:
        """Put all of it into a terminal."""
        machine.users.by_id.update(self._users)
        machine.users.notice = self._notice
        machine.logs.entries.extend(self._entries)
        machine.settings.update(self._settings)
        machine.access_settings.update(self._access_settings)
        machine.questionnaire = self._questionnaire
        machine.holidays = self._holidays
        machine.new_users = self._new_users
        machine.menu_approval = self._menu_approval
        machine.logindex = self._logindex
        machine.clock.offset, machine.clock.drift, machine.clock.since = self._offset, self._drift, self._since


def _user(value: dict[str, Any]) -> User:
    credentials = {int(number): record for number, record in value["credentials"].items()}
    return User(**{**value, "credentials": credentials, "lock": UserLock(**value["lock"])})
