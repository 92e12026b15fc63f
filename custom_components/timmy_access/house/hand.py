"""Does one step to one number on one terminal, and looks whether it is done.

Everything waits behind doors and whoever stands before a screen (`Priority.BULK`). A step may be done again: where a
terminal is as it should be, nothing is written, or the same once more.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, Protocol

from ..people.names import is_same_name
from ..people.people import EMPTY_SLOT, People
from ..people.person_change import PersonChange
from ..people.roster import Roster
from ..protocol.commands import GetUserInfo
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
from .permissions import Permissions
from .permits import Permit
from .standing import Standing
from .steps import (
    Add,
    Adopt,
    Curtail,
    DeleteCredential,
    Describe,
    Disable,
    Enable,
    Rank,
    Remove,
    SetAccess,
    Step,
    WriteCredential,
)
from .week import Week

# What a terminal gives back as it got it; of a photo it makes something of its own.
_GIVEN_BACK = frozenset({Credential.PASSWORD.value, Credential.CARD.value})

type Contents = int | str
type Records = Callable[[str, int], Awaitable[Contents | None]]


class NoRecord(Exception):
    """What a credential holds is nowhere to be had at present."""


class SomebodyElse(Exception):
    """The number belongs to another name; nothing was written."""


class ChangedThere(Exception):
    """Somebody has changed at the terminal when a person may pass; nothing was written."""


class NotKept(Exception):
    """The terminal is not kept in step: nothing more was written."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a step depends on besides the number: who has it, and what is known of the terminal's hours.

    `zones` are the tables as the terminal has them, `numbers` the week zones of hours. `wanted` is how the person is to
    stand in the end. `permit` is how the terminal said when they may pass when that was confirmed; None where it is not
    known.
    """

    person_id: str = ""
    zones: Zones = field(default_factory=Zones)
    numbers: Mapping[Week, int] = field(default_factory=dict)
    wanted: Standing | None = None
    permit: Permit | None = None


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

        Dates are written in the time of `zone`.
        """
        self.line = Patient(line, is_kept)
        self.people = People(self.line, roster, echoes, doors)
        self._roster = roster
        self._records = records
        self._doors = doors
        self.permissions = Permissions(self.line, doors, zone)
        self._steps: Mapping[type[Step], Callable[..., Awaitable[Standing | None]]] = {
            Add: self._async_add,
            Adopt: self._async_adopt,
            Curtail: self._async_set_access,
            DeleteCredential: self._async_delete_credential,
            Describe: self._async_describe,
            Disable: self._async_enable,
            Enable: self._async_enable,
            Remove: self._async_remove,
            SetAccess: self._async_set_access,
            WriteCredential: self._async_write_credential,
        }

    async def async_do(self, step: Step, before: Standing | None, given: Circumstances) -> Standing | None:
        """Do a step, and return how the number stands then.

        Raises `ChangedThere` rather than write over dates or hours that somebody has changed at the terminal, or give
        somebody more to open with at these.
        """
        return await self._steps[type(step)](step, before, given)

    async def async_numbers(self, enroll_id: int) -> Mapping[int, int | None]:
        """Return the week zone of each door of somebody, None where it cannot be read; raises the protocol's errors."""
        return self.permissions.numbers_of(await self.permissions.async_ask(enroll_id))

    async def async_has_template(self, enroll_id: int) -> bool:
        """Return whether slot 0 of somebody holds a finger, and not the emptiness of a person without any."""
        try:
            told = await self.people.async_record(enroll_id, EMPTY_SLOT)
        except CommandRefused:
            return False
        return bool(told.record) or told.is_misread("record")

    async def _async_remove(self, step: Remove, *_: object) -> None:
        number = step.enroll_id
        self.permissions.told.pop(number, None)
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
        self, step: SetAccess, before: Standing | None, given: Circumstances
    ) -> Standing | None:
        wanted = self.permissions.permission(step.enroll_id, step, given.numbers)
        compared = self.permissions.told.get(step.enroll_id)
        try:
            present: UserPermission | None = await self.permissions.async_ask(step.enroll_id)
        except CommandRefused:
            present = None
        if not isinstance(step, Curtail):
            self._check_permit(step.enroll_id, before, given)
        elif self.permissions.told.get(step.enroll_id, compared) != compared:
            raise ChangedThere  # it may be narrower by now than what would be written
        if present is None or not self.permissions.agrees(present, wanted):
            self.permissions.told.pop(step.enroll_id, None)  # whatever becomes of it, that does not hold any more
            await self.people.async_set_access(wanted)
            present = await self.permissions.async_ask(step.enroll_id)
            if not self.permissions.agrees(present, wanted):
                raise CommandWithoutEffect("week_zone", present.week_zone)
        return step.after(before)

    def _check_permit(self, number: int, before: Standing | None, given: Circumstances) -> None:
        if given.permit is None or given.wanted is None or before is None:
            return
        if self.permissions.is_changed(number, given.permit, before, given.wanted, given.zones):
            raise ChangedThere

    async def _async_add(self, step: Add, _: Standing | None, given: Circumstances) -> Standing | None:
        standing, number = step.standing, step.enroll_id
        self.permissions.told.pop(number, None)
        if (name := await self.people.async_name(number)) and not is_same_name(name, standing.name):
            raise SomebodyElse
        change = PersonChange(enroll_id=number, name=standing.name, role=standing.role, enabled=standing.enabled)
        wanted = self.permissions.permission(number, standing, given.numbers) if standing.enabled else None
        if wanted is not None:
            zones = {door: it for door, it in self.permissions.numbers_of(wanted).items() if it is not None}
            change = replace(change, valid_from=wanted.valid_from, valid_until=wanted.valid_until, week_zones=zones)
        await self.people.async_set(change)
        await self._async_check(number, standing.name, standing.role)
        if wanted is not None and not self.permissions.agrees(await self.permissions.async_ask(number), wanted):
            await self.people.async_set_access(wanted)
            if not self.permissions.agrees(present := await self.permissions.async_ask(number), wanted):
                raise CommandWithoutEffect("week_zone", present.week_zone)
        return step.after(None)

    async def _async_adopt(self, step: Adopt, _: Standing | None, given: Circumstances) -> Standing:
        """Look how somebody stands; what cannot be read is taken for what opens most."""
        standing = step.standing
        info = await self._async_info(step.enroll_id)
        if info is not None and info.enabled is not None:
            standing = replace(standing, enabled=info.enabled)
        try:
            await self.permissions.async_ask(step.enroll_id)
        except (CommandRefused, CommandTimeout) as err:
            if not (isinstance(err, CommandRefused) and refusal_of(err) is Refusal.NO_DATA):
                self.permissions.told.pop(step.enroll_id, None)  # of what was said before, nothing is confirmed
            return standing
        permit = self.permissions.told.get(step.enroll_id)
        if permit is None:
            return standing
        told = self.permissions.understood(given.zones).meaning(permit, self._doors())
        hours = told.hours.items()
        known = {door: week for door, week in hours if week is not None and not week.is_never}
        unknown = {door: standing.hours[door] for door, week in hours if week is None and door in standing.hours}
        return replace(standing, hours={**known, **unknown}, valid_from=told.valid_from, valid_until=told.valid_until)

    async def _async_write_credential(
        self, step: WriteCredential, before: Standing | None, given: Circumstances
    ) -> Standing | None:
        record = await self._records(given.person_id, step.slot)
        if record is None:
            raise NoRecord
        number, slot = step.enroll_id, step.slot
        if step.rank >= Rank.WIDEN and given.permit is not None:
            # At other hours than the house gives them it would open too.
            if not self.permissions.is_fresh(number):
                with suppress(CommandRefused, CommandTimeout):
                    await self.permissions.async_ask(number)
            self._check_permit(number, before, given)
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

    def _slots(self, number: int) -> frozenset[int]:
        person = self._roster.people.get(number)
        return person.slots if person else frozenset()
