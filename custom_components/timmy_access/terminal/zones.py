"""The tables of hours of one terminal, and their sections as the wire has them (specification B20)."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..protocol.commands.access import MAX_SECTIONS

# A section that is never open; firmware ignores what a day zone leaves out, so all five are always written.
NEVER = "00:00~00:00"

type Sections = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Zones:
    """The tables of one terminal: day zones of sections as on the wire, week zones of day zone numbers."""

    days: tuple[Sections, ...] = ()
    weeks: tuple[tuple[int, ...], ...] = ()


def padded(day: Iterable[str]) -> Sections:
    """Return all sections of a day zone, those that are never open at the end."""
    open_sections = tuple(section for section in day if section != NEVER)
    return (*open_sections, *(NEVER,) * (MAX_SECTIONS - len(open_sections)))
