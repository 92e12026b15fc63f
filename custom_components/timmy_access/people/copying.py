"""One enrolment opens every door: a person's credentials copied from one terminal to others."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..errors import PersonIsSomebodyElse, PersonUnknown
from ..ledger import nameless
from ..protocol.commands import GetPermission, Permission
from ..protocol.enums import ALL_SLOTS, CREDENTIAL_SLOTS, Credential
from ..protocol.errors import CommandRefused, CommandTimeout, ProtocolError, TerminalOffline
from ..protocol.peer import as_text
from ..protocol.reasons import Refusal, refusal_of
from ..protocol.turns import Priority
from ..terminal.line import Line
from .listed_people import Person
from .names import is_same_name
from .people import EMPTY_RECORD, EMPTY_SLOT, People, check_dates
from .roster import Roster


class Place(Line, Protocol):
    """A terminal as copying sees it."""

    name: str
    people: People
    roster: Roster

    @property
    def fingerprint_algorithm(self) -> str | None:
        """Which templates the terminal understands; None where it does not tell."""


@dataclass(frozen=True, kw_only=True)
class Original:
    """A person as read from a terminal; `records` by slot are secrets.

    `access` is None where the terminal has no such thing; `access_failed` tells that it could not be read.
    """

    person: Person
    records: Mapping[int, int | str] = field(repr=False)
    access: Permission | None
    access_failed: ProtocolError | None
    fingerprint_algorithm: str | None


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What became of a person on one terminal.

    `incompatible` are fingerprints of an algorithm the terminal does not know; nothing was sent. `failed` holds the
    error by slot, `access_failed` that of the dates. Copying again goes on where it failed.
    """

    copied: tuple[int, ...] = ()
    unchanged: tuple[int, ...] = ()
    incompatible: tuple[int, ...] = ()
    failed: Mapping[int, ProtocolError] = field(default_factory=dict)
    access_failed: ProtocolError | None = None


async def async_read_original(place: Place, enroll_id: int) -> Original:
    """Read a person with all credentials, unchanged; raises `PersonUnknown` and the protocol's errors."""
    person, records = await _async_read_records(place, await _async_listed(place, enroll_id))
    try:
        # Who has the number now is who is copied: somebody may have been renamed at the menu.
        person = replace(person, name=await place.people.async_name(enroll_id) or person.name)
    except CommandRefused, CommandTimeout:
        if not person.name:
            raise
    access, access_failed = await _async_read_dates(place, enroll_id)
    return Original(
        person=person,
        records=records,
        access=access,
        access_failed=access_failed,
        fingerprint_algorithm=place.fingerprint_algorithm,
    )


async def _async_listed(place: Place, enroll_id: int) -> Person:
    """Return somebody as the terminal lists them now: what is added at its keypad, not each tells."""
    try:
        await place.roster.async_refresh(None, Priority.INTERACTIVE, anew=True)
    except CommandRefused, CommandTimeout:
        if enroll_id not in place.roster.people:
            raise
    person = place.roster.people.get(enroll_id)
    if person is None:
        raise PersonUnknown(enroll_id)
    return person


async def _async_read_records(place: Place, person: Person) -> tuple[Person, dict[int, int | str]]:
    """Return somebody as their credentials tell, with these by slot.

    Of a terminal that has not told everybody, also those that its list may lack are asked for.
    """
    records: dict[int, int | str] = {}
    listed = sorted(person.slots)
    others = [] if place.roster.is_whole else sorted(ALL_SLOTS - person.slots)
    for slot in (*listed, *others):
        try:
            info = await place.people.async_record(person.enroll_id, slot)
        except (CommandRefused, CommandTimeout) as err:
            if slot in listed:
                raise
            if isinstance(err, CommandTimeout):
                break  # it says nothing of what it does not have
            continue
        if info.record not in (None, EMPTY_RECORD):
            records[slot] = info.record
        if info.enabled is not None:
            person = replace(person, enabled=info.enabled)
        if info.role is not None:  # it may have been taken back at the terminal's menu
            person = replace(person, role=info.role)
    return person, records


async def async_check_same(original: Original, place: Place) -> None:
    """Raise `PersonIsSomebodyElse` where the number belongs to another name on a terminal; nothing is written.

    The terminal is asked: the roster may be of yesterday. One that does not tell a name is taken at its list's word;
    raises what kept it from telling where that is not known either.
    """
    person = original.person
    there = place.roster.people.get(person.enroll_id)
    try:
        name = await place.people.async_name(person.enroll_id)
    except TerminalOffline:
        name = there.name if there else ""
    except CommandRefused, CommandTimeout:
        if there is None and not place.roster.is_whole:
            await place.roster.async_refresh(None, Priority.INTERACTIVE, anew=True)
            there = place.roster.people.get(person.enroll_id)
        if there is None and not place.roster.is_whole:
            raise
        name = there.name if there else ""
    if there is None and not name:
        return
    if not name or not is_same_name(name, person.name):
        holder = as_text(name) or nameless(person.enroll_id)
        raise PersonIsSomebodyElse(person.enroll_id, place.name, holder)


async def _async_read_dates(place: Place, enroll_id: int) -> tuple[Permission | None, ProtocolError | None]:
    """Return when somebody may pass, or why that is not known."""
    command = GetPermission(enroll_id=enroll_id)
    try:
        access = await place.async_request(command)
    except CommandRefused as err:
        nothing = refusal_of(err) in (Refusal.UNKNOWN_COMMAND, Refusal.NO_DATA)
        return None, None if nothing else err
    except CommandTimeout as err:
        return None, err
    try:
        check_dates(command.name, access)
    except CommandRefused as err:
        return access, err
    return access, None


async def async_copy(original: Original, place: Place) -> Copied:
    """Write a person to a terminal, with the same dates; never raises what happens to a single credential.

    Week zones are numbers of the terminal's own tables and are not copied.
    """
    person = original.person
    present = place.roster.people.get(person.enroll_id, Person(enroll_id=person.enroll_id)).slots
    copied: list[int] = []
    unchanged: list[int] = []
    incompatible: list[int] = []
    failed: dict[int, ProtocolError] = {}
    offline: TerminalOffline | None = None
    for slot, record in (original.records or {EMPTY_SLOT: EMPTY_RECORD}).items():
        if slot in CREDENTIAL_SLOTS[Credential.FINGERPRINT] and _differ(
            original.fingerprint_algorithm, place.fingerprint_algorithm
        ):
            incompatible.append(slot)
            continue
        if offline is not None:
            failed[slot] = offline
            continue
        try:
            if slot in present and (await place.people.async_record(person.enroll_id, slot)).record == record:
                unchanged.append(slot)
                continue
            await place.people.async_set_credential(
                person.enroll_id, slot, record, name=person.name, role=person.role, priority=Priority.BULK
            )
            copied.append(slot)
            if person.enabled is False and len(copied) == 1:
                # At once: what is copied of somebody who may not come in opens no door for long.
                await place.people.async_enable(person.enroll_id, enabled=False)
        except TerminalOffline as err:
            offline = failed[slot] = err
        except ProtocolError as err:
            failed[slot] = err
    return Copied(
        copied=tuple(copied),
        unchanged=tuple(unchanged),
        incompatible=tuple(incompatible),
        failed=failed,
        access_failed=original.access_failed
        or (await _async_copy_dates(original, place) if copied or unchanged else None),
    )


async def _async_copy_dates(original: Original, place: Place) -> ProtocolError | None:
    access = original.access
    if access is None or (access.valid_from is None and access.valid_until is None):
        return None
    try:
        await place.people.async_set_access(
            Permission(
                enroll_id=original.person.enroll_id, valid_from=access.valid_from, valid_until=access.valid_until
            )
        )
    except ProtocolError as err:
        return err
    return None


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() != other.casefold()
