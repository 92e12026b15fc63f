"""When people may pass, as it is asked of one terminal and written there (specification B22 and B23)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
import time

from ..protocol.commands import GetPermission, Permission
from ..protocol.commands.permissions import WEEK_ZONES, UserPermission
from ..protocol.errors import CommandRefused
from ..protocol.reasons import Refusal, refusal_of
from ..terminal.line import Line
from ..terminal.zones import Zones
from .access import other_access
from .permits import FIRST_DAY, LAST_DAY, UNSET, Permit, Permits, instant_of, local_of
from .standing import Standing
from .steps import SetAccess
from .week import NEVER, Week

# Somebody gets all they open with one after the other; within that time nobody walks to the menu.
FRESH_SECONDS = 30.0


class Permissions:
    """Asks and understands permissions of one terminal."""

    def __init__(self, line: Line, doors: Callable[[], int], zone: Callable[[], tzinfo]) -> None:
        """Ask over `line`; dates are in the time of `zone`.

        `has_dates` is what the terminal has shown, `told` what it has said last, and `told_at` when, by enroll id and
        the monotonic clock.
        """
        self._line = line
        self._doors = doors
        self._zone = zone
        self.has_dates: bool | None = None
        self.told: dict[int, Permit] = {}
        self.told_at: dict[int, float] = {}

    def permits(self, tables: Zones | None) -> Permits:
        """Return what the terminal has said, with its tables as far as they are read."""
        return replace(self.understood(tables), told=dict(self.told))

    def understood(self, tables: Zones | None) -> Permits:
        """Return what it takes to understand the terminal, without what it has said of thousands."""
        return Permits(tables=tables, time_zone=self._zone())

    async def async_ask(self, number: int) -> UserPermission:
        """Have the terminal say when somebody may pass; raises the protocol's errors."""
        try:
            told = await self._line.async_request(GetPermission(enroll_id=number))
        except CommandRefused as err:
            if refusal_of(err) is Refusal.NO_DATA:
                self.told[number] = UNSET
                self.told_at[number] = time.monotonic()
            raise
        self.told_at[number] = time.monotonic()
        self.has_dates = told.tells_dates
        if not told.has_unread_dates and not told.is_misread(*WEEK_ZONES[: self._doors()]):
            self.told[number] = Permit(
                valid_from=told.valid_from,
                valid_until=told.valid_until,
                zones=told.week_zones[: self._doors()],
            )
        else:
            self.told.pop(number, None)
        return told

    def is_fresh(self, number: int) -> bool:
        """Return whether somebody was asked about just now."""
        return time.monotonic() - self.told_at.get(number, -FRESH_SECONDS) < FRESH_SECONDS

    def is_changed(
        self, number: int, known: Permit | None, confirmed: Standing, wanted: Standing, tables: Zones
    ) -> bool:
        """Return whether the terminal says otherwise than it did when somebody was confirmed, and than is wanted."""
        permit = self.told.get(number)
        if permit is None:
            return False
        return bool(other_access(self.understood(tables), permit, known, confirmed, wanted, self._doors()))

    def says(self, number: int, confirmed: Standing, tables: Zones | None) -> bool:
        """Return whether the terminal says of somebody just what was confirmed, all of it understood."""
        permit = self.told.get(number)
        if permit is None or None in self.understood(tables).meaning(permit, self._doors()).hours.values():
            return False
        return not other_access(self.understood(tables), permit, None, confirmed, confirmed, self._doors())

    def used(self, number: int, zones: Mapping[int, int]) -> Mapping[int, int]:
        """Return the week zones of somebody by door: as the terminal has said last, else `zones`."""
        permit = self.told.get(number)
        if permit is None:
            return zones
        used = {door: zone for door, zone in enumerate(permit.zones, 1) if zone is not None}
        return zones if used == zones else used  # most often, among thousands

    def numbers_of(self, permission: Permission) -> dict[int, int | None]:
        """Return the week zones of a permission by door; None is one that cannot be read."""
        numbers = dict(zip(self._numbered(), permission.week_zones, strict=False))
        return {
            door: number
            for door, number in numbers.items()
            if number is not None or permission.is_misread(WEEK_ZONES[door - 1])
        }

    def _numbered(self) -> range:
        """Return the doors whose week zones a permission holds."""
        return range(1, min(self._doors(), len(WEEK_ZONES)) + 1)

    def permission(self, number: int, access: SetAccess | Standing, numbers: Mapping[Week, int]) -> Permission:
        """Return what has to be written for dates and hours; `numbers` are the week zones of hours."""
        hours = {door: access.hours.get(door, NEVER) for door in self._numbered()}
        zones = {WEEK_ZONES[door - 1]: numbers[week] for door, week in hours.items() if week in numbers}
        return Permission(
            enroll_id=number,
            valid_from=local_of(access.valid_from, FIRST_DAY, self._zone()),
            valid_until=local_of(access.valid_until, LAST_DAY, self._zone()),
            **zones,  # type: ignore[arg-type]
        )

    def agrees(self, told: Permission, wanted: Permission) -> bool:
        """Return whether a terminal says what was to be written; of week zones only those that were."""
        zones = all(
            getattr(told, name) == getattr(wanted, name) for name in WEEK_ZONES if getattr(wanted, name) is not None
        )
        return zones and all(
            instant_of(getattr(told, name), end, self._zone()) == instant_of(getattr(wanted, name), end, self._zone())
            for name, end in (("valid_from", FIRST_DAY), ("valid_until", LAST_DAY))
        )
