"""Does one step to one number on one terminal, and looks whether it is done.

Everything waits behind doors and whoever stands before a screen (`Priority.BULK`). A step may be done again: where a
terminal is as it should be, nothing is written, or the same once more.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, Protocol

from ..fields import within_our_time
from ..people.names import is_same_name
from ..people.people import EMPTY_SLOT, People, PersonChange
from ..people.roster import Roster
from ..protocol.commands import GetPermission, GetUserInfo, Permission
from ..protocol.commands.base import Command, Paged, Reply
from ..protocol.commands.people import UserInfo
from ..protocol.commands.permissions import UserPermission
from ..protocol.enums import CREDENTIAL_SLOTS, Credential
from ..protocol.errors import CommandRefused, CommandTimeout, CommandWithoutEffect
from ..protocol.exchange import Check
from ..protocol.paging import Listing, PageTaker
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from ..protocol.wire import Structure
from ..terminal.echoes import Echoes
from ..terminal.line import Line
from ..terminal.zones import Zones
from .standing import Standing
from .steps import Add, Adopt, DeleteCredential, Describe, Disable, Enable, Remove, SetAccess, Step, WriteCredential
from .week import NEVER, Week
from .zones import week_of

# What stands for no first and no last day: dates of people whom nobody has given any (specification B22).
FIRST_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - naive by protocol
LAST_DAY = datetime(2099, 12, 31, 23, 59, 59)  # noqa: DTZ001 - naive by protocol
# The week zone of each door in a permission.
_ZONES = ("week_zone", "week_zone_2", "week_zone_3", "week_zone_4")
# What a terminal gives back as it got it; of a photo it makes something of its own.
_GIVEN_BACK = frozenset({Credential.PASSWORD.value, Credential.CARD.value})
_DATES = frozenset({"starttime", "endtime"})

type Contents = int | str
type Records = Callable[[str, int], Awaitable[Contents | None]]


class NoRecord(Exception):
    """What a credential holds is nowhere to be had at present."""


class SomebodyElse(Exception):
    """The number belongs to another name; nothing was written."""


class NotKept(Exception):
    """The terminal is not kept in step: nothing more was written."""


class CheckedLine(Line, Protocol):
    """A line that looks, in the step in which it writes a command, whether that is still to be."""

    async def async_request[R: Reply](
        self, command: Command[R], priority: Priority = Priority.INTERACTIVE, *checks: Check
    ) -> R:
        """Send a command and return its reply; raises the protocol's errors, and what a check raises."""


class Patient:
    """A line that lets everybody go first, and over which nothing but questions goes to what is not kept in step."""

    def __init__(self, line: CheckedLine, is_kept: Callable[[], bool]) -> None:
        """Use another line."""
        self._line = line
        self._is_kept = is_kept

    async def async_request[R: Reply](
        self,
        command: Command[R],
        priority: Priority = Priority.BULK,  # noqa: ARG002 - whoever asks
    ) -> R:
        """Send a command after all others; raises `NotKept`."""
        checks = () if command.repeatable else (self._check,)
        return await self._line.async_request(command, Priority.BULK, *checks)

    def _check(self) -> None:
        if not self._is_kept():
            raise NotKept

    async def async_read_list(
        self,
        command: Paged[Any],
        priority: Priority = Priority.BULK,  # noqa: ARG002 - whoever asks
        on_page: PageTaker | None = None,
    ) -> Listing[Structure]:
        """Read a list after all others."""
        return await self._line.async_read_list(command, Priority.BULK, on_page)


class Hand:
    """Does steps; raises the protocol's errors, `NoRecord`, `NotKept` and `SomebodyElse`: the outcome is not known."""

    def __init__(
        self,
        line: CheckedLine,
        is_kept: Callable[[], bool],
        roster: Roster,
        echoes: Echoes,
        records: Records,
        doors: Callable[[], int],
        zone: Callable[[], tzinfo],
    ) -> None:
        """Reach the terminal by `line`, and write as long as it is kept in step.

        Dates are written in the time of `zone`. `has_dates` is what the terminal has shown.
        """
        self.line = Patient(line, is_kept)
        self.people = People(self.line, roster, echoes, doors)
        self._roster = roster
        self._records = records
        self._doors = doors
        self._zone = zone
        self.has_dates: bool | None = None
        self._steps: Mapping[type[Step], Callable[..., Awaitable[Standing | None]]] = {
            Add: self._async_add,
            Adopt: self._async_adopt,
            DeleteCredential: self._async_delete_credential,
            Describe: self._async_describe,
            Disable: self._async_enable,
            Enable: self._async_enable,
            Remove: self._async_remove,
            SetAccess: self._async_set_access,
            WriteCredential: self._async_write_credential,
        }

    async def async_do(
        self, step: Step, before: Standing | None, person_id: str, zones: Zones, numbers: Mapping[Week, int]
    ) -> Standing | None:
        """Do a step, and return how the number stands then.

        `zones` are the tables as the terminal has them, `numbers` the week zones of hours.
        """
        return await self._steps[type(step)](step, before, person_id, zones, numbers)

    async def async_numbers(self, enroll_id: int) -> Mapping[int, int | None]:
        """Return the week zone of each door of somebody, None where it cannot be read; raises the protocol's errors."""
        return self._numbers_of(await self._async_permission(enroll_id))

    async def async_has_template(self, enroll_id: int) -> bool:
        """Return whether slot 0 of somebody holds a finger, and not the emptiness of a person without any."""
        try:
            told = await self.people.async_record(enroll_id, EMPTY_SLOT)
        except CommandRefused:
            return False
        return bool(told.record) or told.is_misread("record")

    async def _async_remove(self, step: Remove, *_: object) -> None:
        number = step.enroll_id
        name = await self.people.async_name(number)
        if name and step.name and not step.means(name):
            raise SomebodyElse
        refused: CommandRefused | None = None
        try:
            await self.people.async_delete(number)
        except CommandRefused as err:  # not there any more, most often
            refused = err
        if await self._async_is_there(number):
            raise refused or CommandWithoutEffect("enroll_id", number)
        self._roster.async_forget((number,))

    async def _async_is_there(self, number: int) -> bool:
        for slot in (*sorted(self._slots(number)), EMPTY_SLOT):
            try:
                await self.line.async_request(GetUserInfo(enroll_id=number, backup_number=slot))
            except CommandRefused as err:
                if refusal_of(err) is Refusal.UNKNOWN_COMMAND:
                    raise
            else:
                return True
        return bool(await self.people.async_name(number))

    async def _async_enable(self, step: Disable | Enable, before: Standing | None, *_: object) -> Standing | None:
        enabled = isinstance(step, Enable)
        await self.people.async_enable(step.enroll_id, enabled=enabled)
        info = await self._async_info(step.enroll_id)
        if info is not None and info.enabled is not None and info.enabled is not enabled:
            raise CommandWithoutEffect("enabled", info.enabled)
        return step.after(before)

    async def _async_describe(self, step: Describe, before: Standing | None, *_: object) -> Standing | None:
        await self.people.async_set(PersonChange(enroll_id=step.enroll_id, name=step.name, role=step.role))
        await self._async_check(step.enroll_id, step.name, step.role)
        return step.after(before)

    async def _async_check(self, enroll_id: int, name: str, role: int) -> None:
        """Look whether somebody has a name and a role."""
        told = await self.people.async_name(enroll_id)
        if not is_same_name(told, name):
            raise CommandWithoutEffect("name", "another")
        info = await self._async_info(enroll_id)
        if info is not None and info.role is not None and info.role != role:
            raise CommandWithoutEffect("role", info.role)

    async def _async_set_access(
        self, step: SetAccess, before: Standing | None, _: str, __: object, numbers: Mapping[Week, int]
    ) -> Standing | None:
        wanted = self._permission(step.enroll_id, step, numbers)
        try:
            present: UserPermission | None = await self._async_permission(step.enroll_id)
        except CommandRefused:
            present = None
        if present is None or not self._agrees(present, wanted):
            await self.people.async_set_access(wanted)
            present = await self._async_permission(step.enroll_id)
            if not self._agrees(present, wanted):
                raise CommandWithoutEffect("week_zone", present.week_zone)
        return step.after(before)

    async def _async_add(
        self, step: Add, _: Standing | None, __: str, ___: object, numbers: Mapping[Week, int]
    ) -> Standing | None:
        standing, number = step.standing, step.enroll_id
        if (name := await self.people.async_name(number)) and not is_same_name(name, standing.name):
            raise SomebodyElse
        change = PersonChange(enroll_id=number, name=standing.name, role=standing.role, enabled=standing.enabled)
        wanted = self._permission(number, standing, numbers) if standing.enabled else None
        if wanted is not None:
            zones = {door: it for door, name in enumerate(_ZONES, 1) if (it := getattr(wanted, name)) is not None}
            change = replace(change, valid_from=wanted.valid_from, valid_until=wanted.valid_until, week_zones=zones)
        await self.people.async_set(change)
        await self._async_check(number, standing.name, standing.role)
        if wanted is not None and not self._agrees(await self._async_permission(number), wanted):
            await self.people.async_set_access(wanted)
            if not self._agrees(present := await self._async_permission(number), wanted):
                raise CommandWithoutEffect("week_zone", present.week_zone)
        return step.after(None)

    async def _async_adopt(self, step: Adopt, _: Standing | None, __: str, zones: Zones, ___: object) -> Standing:
        """Look how somebody stands; what cannot be read is taken for what opens most."""
        standing = step.standing
        info = await self._async_info(step.enroll_id)
        if info is not None and info.enabled is not None:
            standing = replace(standing, enabled=info.enabled)
        try:
            permission = await self._async_permission(step.enroll_id)
        except CommandRefused, CommandTimeout:
            return standing
        told = self._numbers_of(permission).items()
        hours = {door: None if number is None else week_of(zones, number) for door, number in told}
        known = {door: week for door, week in hours.items() if week is not None and not week.is_never}
        unknown = {
            door: standing.hours[door] for door, week in hours.items() if week is None and door in standing.hours
        }
        return replace(
            standing,
            hours={**known, **unknown},
            valid_from=self._instant(permission.valid_from, FIRST_DAY),
            valid_until=self._instant(permission.valid_until, LAST_DAY),
        )

    async def _async_write_credential(
        self, step: WriteCredential, before: Standing | None, person_id: str, *_: object
    ) -> Standing | None:
        record = await self._records(person_id, step.slot)
        if record is None:
            raise NoRecord
        number, slot = step.enroll_id, step.slot
        if not await self._async_holds(number, slot, record):
            name, role = (before.name, before.role) if before else (None, None)
            await self.people.async_set_credential(number, slot, record, name=name, role=role, priority=Priority.BULK)
            if not await self._async_holds(number, slot, record):
                raise CommandWithoutEffect("slot", slot)
        return step.after(before)

    async def _async_holds(self, number: int, slot: int, record: Contents) -> bool:
        try:
            told = (await self.people.async_record(number, slot, Priority.BULK)).record
        except CommandRefused:
            return False
        if slot in _GIVEN_BACK:
            return str(told) == str(record)
        is_photo = slot in CREDENTIAL_SLOTS[Credential.PHOTO]
        return told == record or (is_photo and bool(told))

    async def _async_delete_credential(
        self, step: DeleteCredential, before: Standing | None, *_: object
    ) -> Standing | None:
        refused: CommandRefused | None = None
        try:
            await self.people.async_delete_credentials(step.enroll_id, step.slot)
        except CommandRefused as err:
            refused = err
        try:
            told = (await self.people.async_record(step.enroll_id, step.slot, Priority.BULK)).record
        except CommandRefused:
            told = None
        if told not in (None, "", 0, "0"):
            raise refused or CommandWithoutEffect("slot", step.slot)
        self._roster.async_forget_slots(step.enroll_id, (step.slot,))
        return step.after(before)

    async def _async_info(self, number: int) -> UserInfo | None:
        """Return what the terminal tells of somebody with a credential; None where it tells nothing."""
        for slot in (*sorted(self._slots(number)), EMPTY_SLOT):
            try:
                return await self.line.async_request(GetUserInfo(enroll_id=number, backup_number=slot))
            except CommandRefused:
                continue
        return None

    async def _async_permission(self, number: int) -> UserPermission:
        told = await self.line.async_request(GetPermission(enroll_id=number))
        # What cannot be read stays in `extra`: then there are dates.
        self.has_dates = (
            told.valid_from is not None or told.valid_until is not None or not _DATES.isdisjoint(told.extra)
        )
        return told

    def _slots(self, number: int) -> frozenset[int]:
        person = self._roster.people.get(number)
        return person.slots if person else frozenset()

    def _numbers_of(self, permission: Permission) -> dict[int, int | None]:
        numbers = {door: getattr(permission, _ZONES[door - 1]) for door in self._numbered()}
        return {
            door: number
            for door, number in numbers.items()
            if number is not None or permission.is_misread(_ZONES[door - 1])
        }

    def _numbered(self) -> range:
        """Return the doors whose week zones a permission holds."""
        return range(1, min(self._doors(), len(_ZONES)) + 1)

    def _permission(self, number: int, access: SetAccess | Standing, numbers: Mapping[Week, int]) -> Permission:
        hours = {door: access.hours.get(door, NEVER) for door in self._numbered()}
        zones = {_ZONES[door - 1]: numbers[week] for door, week in hours.items() if week in numbers}
        return Permission(
            enroll_id=number,
            valid_from=self._local(access.valid_from, FIRST_DAY),
            valid_until=self._local(access.valid_until, LAST_DAY),
            **zones,  # type: ignore[arg-type]
        )

    def _agrees(self, told: Permission, wanted: Permission) -> bool:
        zones = all(
            getattr(told, name) == getattr(wanted, name) for name in _ZONES if getattr(wanted, name) is not None
        )
        return (
            zones
            and self._instant(told.valid_from, FIRST_DAY) == self._instant(wanted.valid_from, FIRST_DAY)
            and self._instant(told.valid_until, LAST_DAY) == self._instant(wanted.valid_until, LAST_DAY)
        )

    def _local(self, instant: datetime | None, otherwise: datetime) -> datetime:
        return otherwise if instant is None else instant.astimezone(self._zone()).replace(tzinfo=None, microsecond=0)

    def _instant(self, local: datetime | None, otherwise: datetime) -> datetime | None:
        """Return the instant of a terminal's date; dates at the ends of what it can name are none."""
        if local is None or local.year in (otherwise.year, 0):
            return None
        return within_our_time(local).replace(tzinfo=self._zone())
