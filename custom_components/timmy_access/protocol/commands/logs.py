"""The logs of a terminal (specification B10-B12)."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import ClassVar, Self, override

from ..kinds import Day
from ..messages import LOG_RECORDS, RECORD_ALIASES, LogRecord
from ..table import Table
from ..unread import Unread, unread_records, unread_rest
from ..wire import wire
from .base import Command, Page, Paged, Reply


@dataclass(frozen=True, kw_only=True)
class LogPage(Page):
    """One page of log records (specification B10, B11)."""

    records: Table[LogRecord] | None = field(default=None, metadata=wire("record", LOG_RECORDS, *RECORD_ALIASES))

    @property
    @override
    def rows(self) -> Table[LogRecord]:
        """Return the records of the page."""
        return LOG_RECORDS.empty() if self.records is None else self.records

    @property
    @override
    def misread(self) -> bool:
        """Return whether there may be more records than could be read; what one of them says is another matter."""
        return any(one.row is None for one in self.unread)

    @property
    @override
    def contents(self) -> frozenset[Hashable]:
        """Return the identities of the records (field notes 0.3)."""
        return frozenset(zip(*map(self.rows.column, ("enroll_id", "time", "mode", "reader", "event")), strict=True))

    @cached_property
    def unread(self) -> tuple[Unread, ...]:
        """Return what was not understood wholly."""
        extra = {key: value for key, value in self.extra.items() if isinstance(value, str | list | dict)}
        return (
            *unread_records(GetAllLogs.name, self.rows),
            *unread_rest(GetAllLogs.name, extra, None, self.records),
        )


@dataclass(frozen=True, kw_only=True)
class GetNewLogs(Paged[LogPage]):
    """Ask for the records not read yet; the terminal marks them as read (specification B10)."""

    name: ClassVar[str] = "getnewlog"
    reply: ClassVar[type[Reply]] = LogPage


@dataclass(frozen=True, kw_only=True)
class GetAllLogs(Paged[LogPage]):
    """Ask for all records, or for those of some days, both days included (specification B11)."""

    name: ClassVar[str] = "getalllog"
    reply: ClassVar[type[Reply]] = LogPage

    since: date | None = field(default=None, metadata=wire("from", Day()))
    until: date | None = field(default=None, metadata=wire("to", Day()))

    @override
    def following(self) -> Self:
        """Return the request for the next page; the days are only said once."""
        return replace(self, first=False, since=None, until=None)


@dataclass(frozen=True, kw_only=True)
class CleanLogs(Command[Reply]):
    """Delete all records of a terminal, those it has not sent yet included (specification B12)."""

    name: ClassVar[str] = "cleanlog"
