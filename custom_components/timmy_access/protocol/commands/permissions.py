"""When a single person may pass (specification B22-B25)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, override

from ..kinds import Many
from ..wire import Nested, Structure, wire
from .base import MAX_RECORDS, Command, Reply
from .kinds import ENROLL_ID, GROUP, MOMENT, ZONE

# What the week zones of the doors from 1 on are called in a permission.
WEEK_ZONES = ("week_zone", "week_zone_2", "week_zone_3", "week_zone_4")
_DATES = ("starttime", "endtime")


@dataclass(frozen=True, kw_only=True)
class Permission(Structure):
    """When a person may pass (specification B22).

    `week_zone` is a number of the access settings, 1 to 8; those with 2 to 4 are for the further
    doors of a controller. `group` is 1 to 9, or 0 for none. The dates are naive local times.
    """

    enroll_id: int | None = field(metadata=wire("enrollid", ENROLL_ID))
    week_zone: int | None = field(default=None, metadata=wire("weekzone", ZONE))
    week_zone_2: int | None = field(default=None, metadata=wire("weekzone2", ZONE))
    week_zone_3: int | None = field(default=None, metadata=wire("weekzone3", ZONE))
    week_zone_4: int | None = field(default=None, metadata=wire("weekzone4", ZONE))
    group: int | None = field(default=None, metadata=wire("group", GROUP))
    valid_from: datetime | None = field(default=None, metadata=wire("starttime", MOMENT))
    valid_until: datetime | None = field(default=None, metadata=wire("endtime", MOMENT))

    @property
    def week_zones(self) -> tuple[int | None, ...]:
        """The week zones by door, from 1; None where there is none, or none that can be read."""
        return tuple(getattr(self, name) for name in WEEK_ZONES)

    @property
    def tells_dates(self) -> bool:
        """Whether it has dates at all: those that cannot be read stay in `extra`."""
        return self.valid_from is not None or self.valid_until is not None or not self.extra.keys().isdisjoint(_DATES)

    @property
    def has_unread_dates(self) -> bool:
        """Whether it has dates that cannot be read; zeros in place of one are none."""
        return any(str(self.extra.get(key, "")).strip(" 0:-") for key in _DATES)


@dataclass(frozen=True, kw_only=True)
class UserPermission(Permission, Reply):
    """When a person may pass, as the terminal has it (specification B22)."""


@dataclass(frozen=True, kw_only=True)
class GetPermission(Command[UserPermission]):
    """Ask when a person may pass (specification B22)."""

    name: ClassVar[str] = "getuserlock"
    reply: ClassVar[type[Reply]] = UserPermission
    repeatable: ClassVar[bool] = True

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))


@dataclass(frozen=True, kw_only=True)
class SetPermissions(Command[Reply]):
    """Say when up to 50 people may pass (specification B23)."""

    name: ClassVar[str] = "setuserlock"

    records: tuple[Permission, ...] = field(metadata=wire("record", Many(Nested(Permission), MAX_RECORDS)))

    @override
    def wire(self) -> dict[str, Any]:
        """Return the records and their number."""
        return {"count": len(self.records), **super().wire()}


@dataclass(frozen=True, kw_only=True)
class DeletePermission(Command[Reply]):
    """Forget when a person may pass (specification B24)."""

    name: ClassVar[str] = "deleteuserlock"

    enroll_id: int = field(metadata=wire("enrollid", ENROLL_ID))


@dataclass(frozen=True, kw_only=True)
class CleanPermissions(Command[Reply]):
    """Forget when anybody may pass (specification B25)."""

    name: ClassVar[str] = "cleanuserlock"
