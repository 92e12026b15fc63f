"""The hours of a week in which somebody may pass, in local time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

DAYS = 7
DAY_MINUTES = 24 * 60

type Span = tuple[int, int]
type Day = tuple[Span, ...]


@dataclass(frozen=True)
class Week:
    """Spans of minutes for each weekday, Monday first.

    A span is from its first minute until the one that is outside again: 09:00 to 17:00 is `(540, 1020)`. Spans of a day
    are in order and do not touch. Equal hours are equal weeks, however they were written.
    """

    days: tuple[Day, ...]

    @classmethod
    def of(cls, days: Iterable[Iterable[Span]]) -> Self:
        """Return the week of some spans, which may overlap; raises ValueError for what is no week."""
        whole = tuple(_merged(day) for day in days)
        if len(whole) != DAYS:
            raise ValueError(f"{len(whole)} days")
        return cls(whole)

    def __or__(self, other: Week) -> Week:
        """Return the hours that are in the one or the other.

        Where that is one of them, it is that very one: thousands of people have the same hours, and what there is many
        of makes the garbage collector walk through all of Home Assistant.
        """
        if self == other or other.is_never:
            return self
        if self.is_never:
            return other
        return Week.of((*mine, *theirs) for mine, theirs in zip(self.days, other.days, strict=True))

    def __and__(self, other: Week) -> Week:
        """Return the hours that are in both."""
        return Week.of(
            [
                (max(begin, other_begin), min(end, other_end))
                for begin, end in mine
                for other_begin, other_end in theirs
                if max(begin, other_begin) < min(end, other_end)
            ]
            for mine, theirs in zip(self.days, other.days, strict=True)
        )

    def __le__(self, other: object) -> bool:
        """Return whether all hours are in the other week too."""
        return self | other == other if isinstance(other, Week) else NotImplemented

    def holds(self, local: datetime) -> bool:
        """Return whether a local time is in these hours."""
        minute = local.hour * 60 + local.minute
        return any(begin <= minute < end for begin, end in self.days[local.weekday()])

    @property
    def is_never(self) -> bool:
        """Whether there is no hour at all."""
        return not any(self.days)


def _merged(day: Iterable[Span]) -> Day:
    spans: list[Span] = []
    for begin, end in sorted(day):
        if not 0 <= begin < end <= DAY_MINUTES:
            raise ValueError(f"from {begin} to {end}")
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((begin, end))
    return tuple(spans)


ALWAYS = Week.of([[(0, DAY_MINUTES)]] * DAYS)
NEVER = Week.of([[]] * DAYS)
