"""What can go wrong between us and the database."""

from collections.abc import Mapping
from enum import StrEnum


class LedgerError(Exception):
    """Base of everything this package raises."""


class Cause(StrEnum):
    """Why the ledger cannot be used; each is a translation key of the integration."""

    CLOSED = "ledger_closed"
    CORRUPT = "database_corrupt"
    DISK_FULL = "database_disk_full"
    FOREIGN = "database_foreign"
    IO_ERROR = "database_io_error"
    LOCKED = "database_locked"
    MISSING = "database_missing"
    NO_DATABASE = "database_invalid_url"
    NO_DRIVER = "database_no_driver"
    NO_RIGHTS = "database_no_rights"
    READ_ONLY = "database_read_only"
    REFUSED = "database_refused"
    SLOW = "database_slow"
    TOO_NEW = "database_too_new"
    UNKNOWN = "database_unknown"
    UNREACHABLE = "database_unreachable"
    WRONG_LOGIN = "database_wrong_login"


class LedgerUnavailable(LedgerError):
    """The database did not do what was asked; what was to be kept is not known to be kept.

    Nothing is half-written. After `Cause.SLOW` the write may still succeed, and what is kept again is then recognised.
    """

    def __init__(self, cause: Cause, detail: str = "") -> None:
        """Keep the cause, and what is known of it beyond that: words without secrets, for logs and diagnostics."""
        super().__init__(f"{cause}: {detail}" if detail else str(cause))
        self.cause = cause
        self.detail = detail


class Problem(StrEnum):
    """Why a value cannot be taken; each is a translation key of the integration."""

    NOT_A_CURSOR = "invalid_cursor"
    NOT_A_DATE = "invalid_date"
    NOT_A_NUMBER = "invalid_number"
    NOT_A_TEXT = "invalid_text"
    NOT_KNOWN = "not_known"
    OUT_OF_RANGE = "out_of_range"
    TAKEN = "already_taken"
    TOO_LONG = "value_too_long"
    TOO_MANY = "too_many_values"


class LedgerInvalid(LedgerError):
    """A value that the ledger does not take; nothing has changed."""

    def __init__(self, field: str, problem: Problem, limits: Mapping[str, str] | None = None) -> None:
        """Name the field as callers know it, what is wrong, and the limits it broke."""
        self.field = field
        self.problem = problem
        self.limits = dict(limits or {})
        details = ", ".join(f"{key} {value}" for key, value in self.limits.items())
        super().__init__(f"{field}: {problem} {details}".rstrip())

    def within(self, outer: str) -> LedgerInvalid:
        """Return the same problem seen from the structure that holds the field."""
        return LedgerInvalid(f"{outer}.{self.field}", self.problem, self.limits)
