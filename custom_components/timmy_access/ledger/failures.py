"""What a driver's error means.

Drivers quote what was written in their messages: names, hashes. So of an error only its kind goes on, and its words
only where no statement was involved yet.
"""

from dataclasses import dataclass
import re
import sqlite3
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, TimeoutError as PoolTimeoutError

from .errors import Cause, LedgerUnavailable

# Primary result codes; the extended ones carry them in their lowest byte.
_SQLITE = {
    sqlite3.SQLITE_AUTH: Cause.NO_RIGHTS,
    sqlite3.SQLITE_BUSY: Cause.LOCKED,
    sqlite3.SQLITE_CANTOPEN: Cause.UNREACHABLE,
    sqlite3.SQLITE_CORRUPT: Cause.CORRUPT,
    sqlite3.SQLITE_FULL: Cause.DISK_FULL,
    sqlite3.SQLITE_IOERR: Cause.IO_ERROR,
    sqlite3.SQLITE_LOCKED: Cause.LOCKED,
    sqlite3.SQLITE_NOTADB: Cause.CORRUPT,
    sqlite3.SQLITE_PERM: Cause.NO_RIGHTS,
    sqlite3.SQLITE_PROTOCOL: Cause.LOCKED,
    sqlite3.SQLITE_READONLY: Cause.READ_ONLY,
}
# SQLSTATE or its class.
_POSTGRESQL = {
    "08": Cause.UNREACHABLE,
    "25006": Cause.READ_ONLY,
    "28": Cause.REFUSED,
    "28P01": Cause.WRONG_LOGIN,
    "3D000": Cause.MISSING,
    "42501": Cause.NO_RIGHTS,
    "53100": Cause.DISK_FULL,
    "53300": Cause.UNREACHABLE,
    "55P03": Cause.LOCKED,
    "57014": Cause.SLOW,
    "57P": Cause.UNREACHABLE,
    "58": Cause.IO_ERROR,
    "XX001": Cause.CORRUPT,
    "XX002": Cause.CORRUPT,
}
# Why PostgreSQL does not take a connection: its driver keeps the words and loses the state. One that speaks another
# language is understood as far as that it refuses. The first that fits.
_WORDS_POSTGRESQL = (
    (re.compile(r'database "[^"]*" does not exist'), Cause.MISSING),
    (re.compile(r'permission denied|role "[^"]*" is not permitted'), Cause.NO_RIGHTS),
    (re.compile(r'authentication failed|no password supplied|role "[^"]*" does not exist'), Cause.WRONG_LOGIN),
    (re.compile(r"starting up|shutting down|recovery|not (?:yet )?accepting|too many|remaining connection"), None),
    # A server puts two spaces behind the word for how bad it is, and the driver one behind its own.
    (re.compile(r"(?:^|failed: )\S+:  ", re.MULTILINE), Cause.REFUSED),
)
_CONFLICTS_POSTGRESQL = frozenset({"40001", "40P01"})
# Numbers of the server below 2000, of the client library from there on.
_MARIADB = {
    0: Cause.UNREACHABLE,
    1021: Cause.DISK_FULL,
    1026: Cause.IO_ERROR,
    1034: Cause.CORRUPT,
    1040: Cause.UNREACHABLE,
    1044: Cause.NO_RIGHTS,
    1045: Cause.WRONG_LOGIN,
    1049: Cause.MISSING,
    1053: Cause.UNREACHABLE,
    1114: Cause.DISK_FULL,
    1129: Cause.REFUSED,
    1130: Cause.REFUSED,
    1142: Cause.NO_RIGHTS,
    1143: Cause.NO_RIGHTS,
    1194: Cause.CORRUPT,
    1203: Cause.UNREACHABLE,
    1205: Cause.LOCKED,
    1226: Cause.UNREACHABLE,
    1227: Cause.NO_RIGHTS,
    1290: Cause.READ_ONLY,
    1317: Cause.SLOW,
    1698: Cause.WRONG_LOGIN,
    1792: Cause.READ_ONLY,
    1836: Cause.READ_ONLY,
    1877: Cause.CORRUPT,
    1927: Cause.UNREACHABLE,
    1969: Cause.SLOW,
    2002: Cause.UNREACHABLE,
    2003: Cause.UNREACHABLE,
    2005: Cause.UNREACHABLE,
    2006: Cause.UNREACHABLE,
    2012: Cause.UNREACHABLE,
    2013: Cause.UNREACHABLE,
    2014: Cause.UNREACHABLE,
    2026: Cause.UNREACHABLE,
    2027: Cause.UNREACHABLE,
    2055: Cause.UNREACHABLE,
    2059: Cause.REFUSED,
    2061: Cause.REFUSED,
    3024: Cause.SLOW,
}
# What is wrong with a row itself: the drivers differ in the classes they give these.
_OWN_FAULTS_MARIADB = frozenset({1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 1441, 1451, 1452})
_CONFLICTS_MARIADB = frozenset({1020, 1213})
_ABOUT_CONNECTIONS = frozenset({Cause.MISSING, Cause.NO_RIGHTS, Cause.REFUSED, Cause.UNREACHABLE, Cause.WRONG_LOGIN})


@dataclass(frozen=True)
class Failure:
    """Why something did not happen, and whether it is to blame itself, and everything else may go on."""

    cause: Cause
    detail: str
    own_fault: bool = False

    def error(self) -> LedgerUnavailable:
        """Return a new error to raise."""
        return LedgerUnavailable(self.cause, self.detail)


def failure_of(err: Exception) -> Failure:
    """Return what an error means that came out of a database."""
    if isinstance(err, LedgerUnavailable):
        # A reader in the way of a backup is in nobody else's way.
        return Failure(err.cause, err.detail, own_fault=err.cause is Cause.LOCKED)
    if isinstance(err, DBAPIError | sqlite3.Error):
        return _driver_failure(err)
    if isinstance(err, OSError):
        return Failure(Cause.IO_ERROR, type(err).__name__)
    if isinstance(err, PoolTimeoutError):
        return Failure(Cause.SLOW, "no connection became free")
    return Failure(Cause.UNKNOWN, type(err).__name__, own_fault=True)


def is_conflict(err: Exception) -> bool:
    """Whether another writer was faster, so that a second look helps."""
    if isinstance(err, IntegrityError):
        return True
    if not isinstance(err, DBAPIError):
        return False
    return getattr(err.orig, "pgcode", None) in _CONFLICTS_POSTGRESQL or _number_of(err.orig) in _CONFLICTS_MARIADB


def _driver_failure(err: DBAPIError | sqlite3.Error) -> Failure:
    if isinstance(err, sqlite3.Error):
        cause, code = _cause_of(err)
        return Failure(cause, f"{type(err).__name__} {code}".rstrip())
    cause, code = _cause_of(err.orig)
    # PostgreSQL has no code for what happens to the connection itself.
    if cause is Cause.UNKNOWN and (err.connection_invalidated or (not code and isinstance(err, OperationalError))):
        cause = _cause_of_words(str(err.orig)) if err.statement is None else Cause.UNREACHABLE
    detail = f"{type(err.orig).__name__} {code}".rstrip()
    # Without a statement it is about the connection, and says where it went and why it failed.
    if err.statement is None and cause in _ABOUT_CONNECTIONS:
        detail = " ".join(str(err.orig).split())
    own_fault = isinstance(err, DataError | IntegrityError) or _number_of(err.orig) in _OWN_FAULTS_MARIADB
    return Failure(cause, detail, own_fault=own_fault)


def _cause_of(original: Any) -> tuple[Cause, str]:
    """Return the cause, and the driver's code for it."""
    if isinstance(original, sqlite3.Error):
        number = getattr(original, "sqlite_errorcode", None)
        name = getattr(original, "sqlite_errorname", "")
        return _SQLITE.get(0 if number is None else number & 0xFF, Cause.UNKNOWN), name
    if hasattr(original, "pgcode"):
        state: str = original.pgcode or ""
        for length in (5, 3, 2):
            if cause := _POSTGRESQL.get(state[:length]):
                return cause, state
        return Cause.UNKNOWN, state
    number = _number_of(original)
    return (Cause.UNKNOWN, "") if number is None else (_MARIADB.get(number, Cause.UNKNOWN), str(number))


def _cause_of_words(words: str) -> Cause:
    """Return why there is no connection."""
    causes = (cause for pattern, cause in _WORDS_POSTGRESQL if pattern.search(words))
    return next(causes, None) or Cause.UNREACHABLE


def _number_of(original: Any) -> int | None:
    """Return the number that both drivers of MariaDB give an error first; None where there is none."""
    number = next(iter(original.args), None)
    return number if isinstance(number, int) else None
