"""What drivers' errors mean; the ones that cannot be had from a real database here."""

import sqlite3
from typing import Any

import psycopg2
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError, TimeoutError as PoolTimeoutError

from custom_components.timmy_access.ledger import Cause
from custom_components.timmy_access.ledger.failures import failure_of, is_conflict

from .conftest import driver_module

QUOTED = "Key (code_hash)=(Geheimnis)"


class PostgreSQLError(psycopg2.OperationalError):  # type: ignore[misc] # it has no types
    """An error with a state, which the driver's own do not let anybody set."""

    def __init__(self, state: str | None) -> None:
        super().__init__(QUOTED)
        self.state = state

    @property
    def pgcode(self) -> str | None:
        return self.state


@pytest.fixture(params=["mysqldb", "pymysql"])
def mariadb(request: pytest.FixtureRequest) -> Any:
    """The errors of each driver of MariaDB."""
    return driver_module(request.param)


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
        (sqlite_error(sqlite3.SQLITE_PERM), Cause.NO_RIGHTS),
        (sqlite_error(sqlite3.SQLITE_MISUSE), Cause.UNKNOWN),
        (PostgreSQLError("53100"), Cause.DISK_FULL),
        (PostgreSQLError("57P01"), Cause.UNREACHABLE),
        (PostgreSQLError("57014"), Cause.SLOW),
        (PostgreSQLError("08006"), Cause.UNREACHABLE),
        (PostgreSQLError("28000"), Cause.REFUSED),
        (PostgreSQLError("28P01"), Cause.WRONG_LOGIN),
        (PostgreSQLError("3D000"), Cause.MISSING),
        (PostgreSQLError("42501"), Cause.NO_RIGHTS),
        (PostgreSQLError("58030"), Cause.IO_ERROR),
        (PostgreSQLError("XX001"), Cause.CORRUPT),
        (PostgreSQLError("42P01"), Cause.UNKNOWN),
        (PostgreSQLError(None), Cause.UNREACHABLE),
    ],
)
def test_causes(original: Exception, cause: Cause) -> None:
    check(original, cause)


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ((1021, QUOTED), Cause.DISK_FULL),
        ((1044, QUOTED), Cause.NO_RIGHTS),
        ((1045, QUOTED), Cause.WRONG_LOGIN),
        ((1049, QUOTED), Cause.MISSING),
        ((1114, QUOTED), Cause.DISK_FULL),
        ((1226, QUOTED), Cause.UNREACHABLE),
        ((1290, QUOTED), Cause.READ_ONLY),
        ((1927, QUOTED), Cause.UNREACHABLE),
        ((1969, QUOTED), Cause.SLOW),
        ((2005, QUOTED), Cause.UNREACHABLE),
        ((2013, QUOTED), Cause.UNREACHABLE),
        ((2026, QUOTED), Cause.UNREACHABLE),
        ((2059, QUOTED), Cause.REFUSED),
        ((4711, QUOTED), Cause.UNKNOWN),
        ((QUOTED,), Cause.UNREACHABLE),
    ],
)
def test_causes_of_mariadb(mariadb: Any, arguments: tuple[Any, ...], cause: Cause) -> None:
    check(mariadb.OperationalError(*arguments), cause)


def check(original: Exception, cause: Cause) -> None:
    failure = failure_of(wrapped(original))
    assert (failure.cause, failure.own_fault) == (cause, False)
    assert "Geheimnis" not in failure.detail
    assert failure.error().cause is cause


@pytest.mark.parametrize("number", [1048, 1062, 1264, 1366, 1406, 1452])
def test_what_is_wrong_with_a_row_is_no_failure_of_the_database(mariadb: Any, number: int) -> None:
    """By its number: of 1366, a text that a column does not take, each driver makes an error of another class."""
    assert failure_of(wrapped(mariadb.OperationalError(number, QUOTED))).own_fault
    assert failure_of(wrapped(mariadb.DataError(number, QUOTED))).own_fault


def test_words_are_kept_where_no_statement_was_involved(mariadb: Any) -> None:
    refused = mariadb.OperationalError(1045, "Access denied\n for user 'timmy'")
    assert failure_of(wrapped(refused, None)).detail == "(1045, \"Access denied\\n for user 'timmy'\")"
    assert failure_of(wrapped(refused)).detail == "OperationalError 1045"


def test_errors_that_no_driver_raised() -> None:
    assert failure_of(PermissionError(13, QUOTED)).cause is Cause.IO_ERROR
    assert failure_of(PoolTimeoutError(QUOTED)).cause is Cause.SLOW
    mistake = failure_of(ValueError(QUOTED))
    assert (mistake.cause, mistake.detail, mistake.own_fault) == (Cause.UNKNOWN, "ValueError", True)


def test_lost_connection_without_a_code(mariadb: Any) -> None:
    error = wrapped(mariadb.OperationalError(4711, QUOTED))
    error.connection_invalidated = True
    assert failure_of(error).cause is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("original", "again"),
    [
        (PostgreSQLError("40P01"), True),
        (PostgreSQLError("40001"), True),
        (PostgreSQLError("53100"), False),
        (sqlite_error(sqlite3.SQLITE_BUSY), False),
    ],
)
def test_conflicts_are_tried_again(original: Exception, again: bool) -> None:
    assert is_conflict(wrapped(original)) is again
    assert not is_conflict(ValueError())


def test_conflicts_in_mariadb_are_tried_again(mariadb: Any) -> None:
    assert is_conflict(wrapped(mariadb.OperationalError(1213, "Deadlock")))
    assert not is_conflict(wrapped(mariadb.OperationalError(1205, "Lock wait")))


AT = 'connection to server at "db" (192.0.2.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (f'{AT}FATAL:  password authentication failed for user "timmy"', Cause.WRONG_LOGIN),
        (f"{AT}fe_sendauth: no password supplied", Cause.WRONG_LOGIN),
        (f'{AT}FATAL:  role "timmy" does not exist', Cause.WRONG_LOGIN),
        (f'{AT}FATAL:  database "password authentication failed" does not exist', Cause.MISSING),
        (f'{AT}FATAL:  permission denied for database "log"', Cause.NO_RIGHTS),
        (f'{AT}FATAL:  role "timmy" is not permitted to log in', Cause.NO_RIGHTS),
        (f'{AT}FATAL:  no pg_hba.conf entry for host "192.0.2.2"', Cause.REFUSED),
        (f"{AT}FATAL:  Passwort-Authentifizierung für Benutzer »timmy« fehlgeschlagen", Cause.REFUSED),
        (f"{AT}FATAL:  the database system is starting up", Cause.UNREACHABLE),
        (f"{AT}FATAL:  sorry, too many clients already", Cause.UNREACHABLE),
        (f"{AT}Connection refused\n\tIs the server running on that host?", Cause.UNREACHABLE),
        (f'{AT}timeout expired\n{AT}FATAL:  database "log" does not exist', Cause.MISSING),
        ('could not translate host name "db" to address: Name or service not known', Cause.UNREACHABLE),
        ('FATAL:  database "log" does not exist', Cause.MISSING),
    ],
)
def test_why_postgresql_takes_no_connection(words: str, cause: Cause) -> None:
    """By its words, as the driver loses the state; each driver error has a statement once there is a connection."""
    assert failure_of(wrapped(psycopg2.OperationalError(words), None)).cause is cause
    assert failure_of(wrapped(psycopg2.OperationalError(words))).cause is Cause.UNREACHABLE
