"""The people of one terminal: what is asked of it, and what then stands in its roster.

Two generations of firmware take a person in different ways. Newer AI firmware has one command for all of a profile
(specification B37); the classic one has a command each for credentials, names and times (B3, B6, B23). Which one a
terminal speaks shows in its answers and is remembered while Home Assistant runs.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import batched
from typing import Any

from ..protocol.commands import (
    ALL_FINGERPRINTS,
    EVERYTHING,
    CleanAdministrators,
    CleanPermissions,
    CleanUsers,
    DeletePermission,
    DeleteUser,
    EnableUser,
    GetPermission,
    GetUserInfo,
    NamedUser,
    Permission,
    SetCredential,
    SetPermissions,
    SetUser,
    SetUserNames,
    UserInfo,
)
from ..protocol.commands.base import MAX_RECORDS
from ..protocol.enums import CREDENTIAL_SLOTS, Credential, Role
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.messages import DeviceInfo
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from ..terminal.echoes import Echoes
from ..terminal.firmware import is_ai
from ..terminal.line import Line
from .listed_people import Person
from .person_change import PersonChange, access_of, classic_error, is_about_access, profile_of
from .present_names import NOBODY, PresentNames
from .roster import Roster

PASSWORD_SLOT, CARD_SLOT = 10, 11
# The slot that stands for a person without any credential, with an empty record (field notes 5, setuserinfo).
EMPTY_SLOT, EMPTY_RECORD = 0, ""
# What a refusal says about the request rather than about the firmware.
_NOT_THE_FIRMWARE = frozenset(Refusal) - {Refusal.UNKNOWN_COMMAND}


class People:
    """Everything that is done to the people of one terminal; raises the protocol's errors."""

    def __init__(self, line: Line, roster: Roster, echoes: Echoes, doors: Callable[[], int]) -> None:
        """Use `line` to reach the terminal, which has so many `doors`, and keep `roster` and `echoes` in step."""
        self._line = line
        self._roster = roster
        self._echoes = echoes
        self._doors = doors
        self._names = PresentNames(line, roster)
        self._has_profiles: bool | None = None

    def terminal_is(self, info: DeviceInfo) -> None:
        """Note what the terminal is, before anything is asked of it.

        A fingerprint terminal is never sent a profile: it could take one for an empty fingerprint.
        """
        if not is_ai(info):
            self._has_profiles = False

    async def async_record(self, enroll_id: int, slot: int, priority: Priority = Priority.INTERACTIVE) -> UserInfo:
        """Return one credential with its record, which is a secret (specification B2)."""
        return await self._line.async_request(GetUserInfo(enroll_id=enroll_id, backup_number=slot), priority)

    async def async_name(self, enroll_id: int) -> str:
        """Return the name as the terminal has it now (see `PresentNames.async_name`)."""
        return await self._names.async_name(enroll_id)

    async def async_set(self, change: PersonChange) -> None:
        """Make a change in one go, whatever the firmware; a person who is not there yet is made.

        Everything is checked before anything is sent. Raises `CommandInvalid` with NOT_SUPPORTED for what the
        terminal's firmware cannot do.
        """
        profile = profile_of(change)
        access = access_of(change)
        unable = classic_error(change)
        may_have_acted = False
        if self._has_profiles is not False:
            try:
                with self._written((change.enroll_id,) if is_about_access(change) else ()):
                    await self._line.async_request(profile)
            except (CommandRefused, CommandTimeout) as err:
                if self._has_profiles or unable or not _may_be_the_firmware(err):
                    raise
                may_have_acted = isinstance(err, CommandTimeout)
            else:
                self._has_profiles = True
                if change.enabled is not None:
                    await self._line.async_request(EnableUser(enroll_id=change.enroll_id, enabled=change.enabled))
                if change.week_zones.keys() - {1}:  # a profile has one week zone only
                    await self.async_set_access(access)
                self._note(change)
                return
        if unable:
            raise unable
        try:
            await self._async_set_classic(change)
        except CommandTimeout as err:
            if may_have_acted:
                raise CommandTimeout(err.command) from err
            raise
        self._has_profiles = False
        self._note(change)

    def check(self, change: PersonChange) -> None:
        """Raise `CommandInvalid` for what `async_set` would not send, as far as the firmware is known; asks nothing."""
        profile_of(change)
        access_of(change).wire()
        if self._has_profiles is False and (error := classic_error(change)):
            raise error

    async def async_set_names(self, names: Mapping[int, str]) -> None:
        """Name people, 50 a command (specification B6)."""
        for batch in [
            SetUserNames(records=tuple(NamedUser(enroll_id=enroll_id, name=name) for enroll_id, name in part))
            for part in batched(names.items(), MAX_RECORDS, strict=False)
        ]:
            await self._line.async_request(batch)
            for user in batch.records:
                self._roster.async_note(user.enroll_id, name=user.name)

    async def async_enable(self, enroll_id: int, *, enabled: bool) -> None:
        """Let a person in again, or no longer.

        Some AI firmware blocks only the face by the one command and all but the face by the other (field notes 5,
        enableuser): both are sent where the firmware has both.
        """
        await self._line.async_request(EnableUser(enroll_id=enroll_id, enabled=enabled))
        if not enabled:
            self._roster.async_note(enroll_id, enabled=False)
        if self._has_profiles is not False:
            try:
                await self._line.async_request(SetUser(enroll_id=enroll_id, enabled=enabled))
                self._has_profiles = True
            except (CommandRefused, CommandTimeout) as err:
                if self._has_profiles or not _may_be_the_firmware(err):
                    raise
        self._roster.async_note(enroll_id, enabled=enabled)

    async def async_set_credential(
        self,
        enroll_id: int,
        slot: int,
        record: int | str,
        *,
        name: str | None = None,
        role: int | None = None,
        priority: Priority = Priority.INTERACTIVE,
    ) -> None:
        """Write one credential; name and role stay as they are unless given (specification B3).

        Raises `PersonIsSomebodyElse` where no name is given, and the number is known by another than the terminal has.
        """
        person = await self._async_person(enroll_id, name=name, role=role)
        command = SetCredential(
            enroll_id=enroll_id,
            user_name=person.name,
            backup_number=slot,
            role=person.role or 0,
            record=record,
        )
        self._echoes.note(enroll_id, slot, record)
        await self._line.async_request(command, priority)
        self._roster.async_note(enroll_id, slot=slot, name=person.name, role=person.role or 0)

    async def async_set_access(self, change: Permission) -> None:
        """Change when and where a person may pass; what is None stays as the terminal has it (specification B23).

        The rest is read and sent along: firmware refuses half a record (field notes 5, setuserlock). Where it cannot be
        read, as by firmware that lacks the command and says so without words, only a whole record is written.
        """
        enroll_id = change.enroll_id or 0
        try:
            present = await self._async_permission(enroll_id)
        except CommandRefused, CommandTimeout:
            if not self._is_whole(change):
                raise
            present = {}
        values: dict[str, Any] = {
            item.name: present.get(item.name)
            for item in fields(Permission)
            if item.name != "extra" and getattr(change, item.name) is None
        }
        whole = replace(change, **values)
        with self._written((enroll_id,)):
            await self._line.async_request(SetPermissions(records=(whole,)))

    async def async_clear_access(self, enroll_id: int) -> None:
        """Have the terminal forget when and where a person may pass (specification B24)."""
        with self._written((enroll_id,)):
            await self._line.async_request(DeletePermission(enroll_id=enroll_id))

    async def async_clear_all_access(self) -> None:
        """Have the terminal forget that of everybody (specification B25)."""
        with self._written(tuple(self._roster.people)):
            await self._line.async_request(CleanPermissions())

    @contextmanager
    def _written(self, enroll_ids: Collection[int]) -> Iterator[None]:
        """Tell afterwards, whatever the answer, that people may pass at other times."""
        try:
            yield
        finally:
            if enroll_ids:
                self._roster.async_access_changed(enroll_ids)

    def _is_whole(self, access: Permission) -> bool:
        """Return whether nothing that the terminal has of somebody would be left to keep."""
        return None not in (*access.week_zones[: self._doors()], access.group, access.valid_from, access.valid_until)

    async def _async_permission(self, enroll_id: int) -> Mapping[str, Any]:
        """Return when and where a person may pass now, nothing where the terminal has no such thing.

        What it does not tell, or tells in a way that cannot be read, is not nothing: then it raises, as the rest of it
        would be overwritten.
        """
        command = GetPermission(enroll_id=enroll_id)
        try:
            present = await self._line.async_request(command)
        except CommandRefused as err:
            if refusal_of(err) in (Refusal.UNKNOWN_COMMAND, *NOBODY):
                return {}
            raise
        check_dates(command.name, present)
        return vars(present)

    async def async_delete_credentials(self, enroll_id: int, slot: int) -> None:
        """Delete one credential, or all fingerprints with slot 12 (specification B4)."""
        await self._line.async_request(DeleteUser(enroll_id=enroll_id, backup_number=slot))
        gone = CREDENTIAL_SLOTS[Credential.FINGERPRINT] if slot == ALL_FINGERPRINTS else {slot}
        self._roster.async_forget_slots(enroll_id, gone)

    async def async_delete(self, enroll_id: int) -> None:
        """Delete a person with everything (specification B4)."""
        await self._line.async_request(DeleteUser(enroll_id=enroll_id, backup_number=EVERYTHING))
        self._roster.async_forget((enroll_id,))

    async def async_delete_all(self) -> None:
        """Delete everybody (specification B9)."""
        await self._line.async_request(CleanUsers())
        self._roster.async_forget(tuple(self._roster.people))

    async def async_clear_admins(self) -> None:
        """Make every administrator a normal user (specification B15)."""
        await self._line.async_request(CleanAdministrators())
        for person in tuple(self._roster.people.values()):
            if person.role:
                self._roster.async_note(person.enroll_id, role=Role.USER.value)

    async def _async_set_classic(self, change: PersonChange) -> None:
        """Make a change with the commands that every firmware has."""
        records: dict[int, int | str] = {}
        if change.card is not None:
            records[CARD_SLOT] = change.card
        if change.password is not None:
            records[PASSWORD_SLOT] = change.password
        known = change.enroll_id in self._roster.people
        if not records and (not known or change.role is not None):
            # Name and role travel with a credential only: one that is there already, or the empty one.
            records = await self._async_any_credential(change.enroll_id)
        for slot, record in records.items():
            await self.async_set_credential(change.enroll_id, slot, record, name=change.name, role=change.role)
        if change.name is not None and not records:
            await self.async_set_names({change.enroll_id: change.name})
        if change.enabled is not None:
            await self._line.async_request(EnableUser(enroll_id=change.enroll_id, enabled=change.enabled))
        if is_about_access(change):
            await self.async_set_access(access_of(change))

    async def _async_any_credential(self, enroll_id: int) -> dict[int, int | str]:
        person = self._roster.people.get(enroll_id)
        for slot in sorted(person.slots if person else (), reverse=True):
            record = (await self.async_record(enroll_id, slot)).record
            if record is not None:
                return {slot: record}
        return {EMPTY_SLOT: EMPTY_RECORD}

    async def _async_person(self, enroll_id: int, *, name: str | None, role: int | None) -> Person:
        """Return what is known of a person, asking the terminal where that is nothing, with changes applied.

        Where both are given there is nothing to ask.
        """
        known = self._roster.people.get(enroll_id)
        person = known or Person(enroll_id=enroll_id)
        if (role is None and person.role is None) or (name is None and known is None):
            try:
                info = await self._line.async_request(GetUserInfo(enroll_id=enroll_id, backup_number=EMPTY_SLOT))
            except CommandRefused as err:
                if known is None and refusal_of(err) is not Refusal.UNKNOWN_COMMAND:  # not there yet
                    return Person(enroll_id=enroll_id, name=name or "", role=role)
            else:
                person = Person(enroll_id=enroll_id, name=info.name or "", role=info.role)
        if name is None:
            is_told = known is None and person.name
            name = person.name if is_told else await self._names.async_confirmed(known or person)
        if role is None:
            role = await self._async_present_role(person) if person is known and known.role else person.role
        return Person(enroll_id=enroll_id, name=name, role=role)

    async def _async_present_role(self, person: Person) -> int | None:
        """Return the role of somebody who was more than a user: at the terminal's menu it may have been taken back.

        Raises the protocol's errors where that is not told: what is written says a role, and would give it again.
        """
        error: CommandRefused | None = None
        for slot in sorted(person.slots):
            try:
                info = await self._line.async_request(GetUserInfo(enroll_id=person.enroll_id, backup_number=slot))
            except CommandRefused as err:  # a slot that is not there any more
                error = err
            else:
                if info.role is not None:
                    return info.role
        if error is not None:
            raise error
        return person.role

    def _note(self, change: PersonChange) -> None:
        facts = {key: value for key in ("enabled", "name", "role") if (value := getattr(change, key)) is not None}
        self._roster.async_note(change.enroll_id, **facts)
        for slot, value in ((CARD_SLOT, change.card), (PASSWORD_SLOT, change.password)):
            if value is not None:
                self._roster.async_note(change.enroll_id, slot=slot)


def check_dates(command: str, access: Permission) -> None:
    """Raise `CommandRefused` where a terminal has dates for a person that cannot be read."""
    if access.has_unread_dates:
        raise CommandRefused(command, None, "dates that cannot be read")


def _may_be_the_firmware(error: CommandRefused | CommandTimeout) -> bool:
    """Return whether a failure may mean that the firmware does not have the command."""
    return isinstance(error, CommandTimeout) or refusal_of(error) not in _NOT_THE_FIRMWARE
