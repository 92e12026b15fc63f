"""What is to be true of somebody on a terminal, and how each generation of firmware is told it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..protocol.commands import Permission, SetUser
from ..protocol.errors import CommandInvalid, Problem

# What classic firmware has no command for.
_ONLY_PROFILES = ("verify_mode", "department", "access_times")


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """What is to be true of a person afterwards; None leaves a thing alone.

    `week_zones` are numbers of week zones (1 to 8, 0 for none) by door. `card` and `password` are secrets.
    """

    enroll_id: int
    name: str | None = None
    role: int | None = None
    enabled: bool | None = None
    card: int | None = field(default=None, repr=False)
    password: int | None = field(default=None, repr=False)
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    week_zones: Mapping[int, int] = field(default_factory=dict)
    group: int | None = None
    verify_mode: int | None = None
    department: str | None = None
    access_times: int | None = None


def profile_of(change: PersonChange) -> SetUser:
    """Return the command for firmware with profiles; raises `CommandInvalid`."""
    return SetUser(
        enroll_id=change.enroll_id,
        user_name=change.name,
        verify_mode=change.verify_mode,
        department=change.department,
        role=change.role,
        card=change.card,
        pin=change.password,
        enabled=change.enabled,
        week_zone=change.week_zones.get(1),
        group=change.group,
        access_times=change.access_times,
        valid_from=change.valid_from,
        valid_until=change.valid_until,
    )


def access_of(change: PersonChange) -> Permission:
    """Return when and where the person may pass, as far as that changes; raises `CommandInvalid`."""
    permission = Permission(
        enroll_id=change.enroll_id,
        week_zone=change.week_zones.get(1),
        week_zone_2=change.week_zones.get(2),
        week_zone_3=change.week_zones.get(3),
        week_zone_4=change.week_zones.get(4),
        group=change.group,
        valid_from=change.valid_from,
        valid_until=change.valid_until,
    )
    permission.wire()
    return permission


def is_about_access(change: PersonChange) -> bool:
    """Return whether a change says when or where somebody may pass."""
    return len(access_of(change).wire()) > 1  # more than the enroll id


def classic_error(change: PersonChange) -> CommandInvalid | None:
    """Return why classic firmware cannot be told a change; None where it can."""
    for name in _ONLY_PROFILES:
        if getattr(change, name) is not None:
            return CommandInvalid(name, Problem.NOT_SUPPORTED)
    return None
