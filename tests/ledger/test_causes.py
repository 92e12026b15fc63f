"""What drivers' errors mean; the ones that cannot be had from a real database here."""

import sqlite3
from typing import Any

import psycopg2
import pymysql
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeoutError

from custom_components.timmy_access.ledger import Cause
from custom_components.timmy_access.ledger.failures import failure_of, is_conflict

QUOTED = "Key (code_hash)=(Geheimnis)"


class PostgreSQLError(psycopg2.OperationalError):  # type: ignore[misc] # it has no types
    """An error with a state, which the driver's own do not let anybody set."""

    def __init__(self, state: str | None) -> None:
        super().__init__(QUOTED)
        self.state = state

    @property
    def pgcode(self) -> str | None:
        return self.state


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError(QUOTED)
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_SOMETHING"
    return error


def wrapped(original: Any, statement: str | None = "INSERT") -> DBAPIError:
    return OperationalError(statement, None, original)


@pytest.mark.parametrize(
    ("original", "cause"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), Cause.LOCKED),
        (sqlite_error(sqlite3.SQLITE_CORRUPT_INDEX), Cause.CORRUPT),
        (sqlite_error(sqlite3.SQLITE_FULL), Cause.DISK_FULL),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), Cause.IO_ERROR),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), Cause.READ_ONLY),
        (sqlite_error(sqlite3.SQLITE_PERM), Cause.REFUSED),
        (sqlite_error(sqlite3.SQLITE_MISUSE), Cause.UNKNOWN),
        (PostgreSQLError("53100"), Cause.DISK_FULL),
        (PostgreSQLError("57P01"), Cause.UNREACHABLE),
        (PostgreSQLError("57014"), Cause.SLOW),
        (PostgreSQLError("08006"), Cause.UNREACHABLE),
        (PostgreSQLError("28P01"), Cause.REFUSED),
        (PostgreSQLError("42501"), Cause.REFUSED),
        (PostgreSQLError("58030"), Cause.IO_ERROR),
        (PostgreSQLError("XX001"), Cause.CORRUPT),
        (PostgreSQLError("42P01"), Cause.UNKNOWN),
        (PostgreSQLError(None), Cause.UNREACHABLE),
        (pymysql.OperationalError(1021, QUOTED), Cause.DISK_FULL),
        (pymysql.OperationalError(1114, QUOTED), Cause.DISK_FULL),
        (pymysql.OperationalError(1290, QUOTED), Cause.READ_ONLY),
        (pymysql.OperationalError(2013, QUOTED), Cause.UNREACHABLE),
        (pymysql.OperationalError(1969, QUOTED), Cause.SLOW),
        (pymysql.OperationalError(4711, QUOTED), Cause.UNKNOWN),
        (pymysql.OperationalError(QUOTED), Cause.UNREACHABLE),
    ],
)
def test_causes(original: Exception, cause: Cause) -> None:
    failure = failure_of(wrapped(original))
    assert (failure.cause, failure.own_fault) == (cause, False)
    assert "Geheimnis" not in failure.detail
    assert failure.error().cause is cause


def test_words_are_kept_where_no_statement_was_involved() -> None:
    refused = pymysql.OperationalError(1045, "Access denied\n for user 'timmy'")
    assert failure_of(wrapped(refused, None)).detail == "(1045, \"Access denied\\n for user 'timmy'\")"
    assert failure_of(wrapped(refused)).detail == "OperationalError 1045"


def test_errors_that_no_driver_raised() -> None:
    assert failure_of(PermissionError(13, QUOTED)).cause is Cause.IO_ERROR
    assert failure_of(PoolTimeoutError(QUOTED)).cause is Cause.SLOW
    mistake = failure_of(ValueError(QUOTED))
    assert (mistake.cause, mistake.detail, mistake.own_fault) == (Cause.UNKNOWN, "ValueError", True)


def test_lost_connection_without_a_code() -> None:
    error = wrapped(pymysql.OperationalError(4711, QUOTED))
    error.connection_invalidated = True
    assert failure_of(error).cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("original", "again"),
    [
        (PostgreSQLError("40P01"), True),
        (PostgreSQLError("40001"), True),
        (PostgreSQLError("53100"), False),
        (pymysql.OperationalError(1213, "Deadlock"), True),
        (pymysql.OperationalError(1205, "Lock wait"), False),
        (sqlite_error(sqlite3.SQLITE_BUSY), False),
    ],
)
def test_conflicts_are_tried_again(original: Exception, again: bool) -> None:
    assert is_conflict(wrapped(original)) is again
    assert not is_conflict(ValueError())
