"""People of the house recorded at a terminal: finger, face, palm, card or PIN, or the photo that becomes a face.

A terminal records only somebody who is new to it: a number that it knows is refused (specification B35). Somebody of
the house is on it already. So they are recorded under a number that nobody has, which is deleted as soon as it is read;
then what it held is written to their own, and from there the house brings it to the other terminals.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util.ulid import ulid_now

from ..const import DOMAIN, LOGGER
from ..errors import EnrolmentCancelled, translated_errors
from ..house.arrivals import Contents
from ..house.changes import person_of
from ..house.house import House
from ..house.household import Household
from ..house.persons import HousePerson
from ..house.refusals import translated_refusals
from ..house.standing import Standing
from ..ledger import Ledger
from ..people.abilities import Ability, abilities
from ..people.enrolment import QUICK_ANSWER_SECONDS
from ..people.free_numbers import async_free_number
from ..protocol.commands import AddUser
from ..protocol.enums import CREDENTIAL_SLOTS, Credential, Role
from ..protocol.errors import CommandRefused, CommandTimeout, ProtocolError, TerminalOffline
from ..protocol.reasons import Refusal, holder_of as holder_in, refusal_of
from ..terminal.tasks import Tasks
from .given import async_given
from .leftovers import Leftovers
from .terminal import Terminal

# Somebody who has just been added is on a terminal within seconds; behind a list of thousands it may take longer.
PLACED_SECONDS = 60.0
# Terminals hold these as numbers, whichever way firmware tells them.
_NUMBERS = frozenset({Credential.CARD, Credential.PASSWORD})


class RecordingStep(StrEnum):
    """How far a recording is."""

    PREPARING = "preparing"
    ASKED = "asked"
    SAVING = "saving"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNDER_WAY = frozenset({RecordingStep.PREPARING, RecordingStep.ASKED, RecordingStep.SAVING})


@dataclass(frozen=True, kw_only=True)
class Recording:
    """The latest recording at one terminal; `key` and `placeholders` are the error of one that failed."""

    recording_id: str
    person_id: str
    slot: int
    step: RecordingStep = RecordingStep.PREPARING
    key: str | None = None
    placeholders: Mapping[str, str] = field(default_factory=dict)


type Take = Callable[[Recording], Awaitable[Mapping[int, Contents]]]


class Recordings:
    """Records one person at a time at each terminal, and tells how far that is, also to who asks later."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        tasks: Tasks,
        house: House,
        ledger: Ledger,
        terminals: Callable[[], Iterable[Terminal]],
    ) -> None:
        """Nobody is recorded yet; `terminals` are those of the listener."""
        self._tasks = tasks
        self._house = house
        self._ledger = ledger
        self._terminals = terminals
        self._leftovers = Leftovers(hass, entry_id, tasks, house)
        self._work: dict[str, asyncio.Task[None]] = {}
        self._listeners: list[Callable[[], None]] = []
        # By serial number.
        self.latest: Mapping[str, Recording] = {}
        # Under which somebody is being recorded: nobody else is to get them.
        self.numbers: frozenset[int] = frozenset()

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever a recording is a step further."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_start(self) -> None:
        """Remove what recordings have left behind that ended with their listener."""
        await self._leftovers.async_start(self._terminals())

    @callback
    def async_stop(self) -> None:
        """Look for nothing any more; what is under way ends with its listener."""
        self._leftovers.async_stop()

    @callback
    def async_enrol(self, terminal: Terminal, person_id: str, slot: int, by: str | None) -> str:
        """Begin to record somebody of the house at a terminal, and return the id of the recording.

        Raises translated errors where that cannot be, and the errors of the house.
        """
        return self._async_begin(terminal, person_id, slot, partial(self._async_at_terminal, terminal), by)

    @callback
    def async_photo(self, terminal: Terminal, person_id: str, photo: str, by: str | None) -> str:
        """Begin to give a terminal the photo of somebody, base64 as it takes it; as `async_enrol`."""
        slot = Credential.PHOTO.value

        async def _given(_: Recording) -> Mapping[int, Contents]:
            return {slot: photo}

        return self._async_begin(terminal, person_id, slot, _given, by)

    @callback
    def async_cancel(self, terminal: Terminal) -> bool:
        """Call off what is under way at a terminal; False where there is nothing, or where it is recorded already."""
        recording = self.latest.get(terminal.serial)
        if recording is None or recording.step not in (RecordingStep.PREPARING, RecordingStep.ASKED):
            return False
        if recording.step is RecordingStep.ASKED:
            return terminal.enrolments.async_cancel()
        return self._work[terminal.serial].cancel()

    # Inside

    @callback
    def _async_begin(self, terminal: Terminal, person_id: str, slot: int, take: Take, by: str | None) -> str:
        self._check(terminal, person_id, Credential.of(slot))
        recording = Recording(recording_id=ulid_now(), person_id=person_id, slot=slot)
        self._async_show(terminal, recording, RecordingStep.PREPARING)
        work = self._async_run(terminal, recording, take, by)
        self._work[terminal.serial] = self._tasks.async_start(work, f"record at {terminal.serial}", eager=False)
        return recording.recording_id

    def _check(self, terminal: Terminal, person_id: str, kind: Credential) -> None:
        """Raise where somebody cannot be recorded at a terminal."""
        household = self._house.known()
        person = person_of(household, person_id)
        names = {"terminal": terminal.name, "person": person.name}
        ability = abilities(terminal.coordinator.data.info)[kind]
        latest = self.latest.get(terminal.serial)
        reasons = (
            (terminal.serial not in household.kept, "enrolment_observed"),
            (not _has_a_door(household, person, terminal.serial), "enrolment_no_door"),
            (terminal.session is None, "terminal_offline"),
            (ability is Ability.NO, "enrolment_not_taken"),
            (ability is Ability.FULL, "refused_no_space"),
            (terminal.enrolments.is_busy or (latest and latest.step in UNDER_WAY), "enrolment_busy"),
        )
        if (key := next((key for holds, key in reasons if holds), None)) is not None:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=names)

    async def _async_run(self, terminal: Terminal, recording: Recording, take: Take, by: str | None) -> None:
        show = partial(self._async_show, terminal, recording)
        try:
            with translated_errors(terminal.name), translated_refusals():
                await self._async_placed(terminal, recording.person_id)
                records = await take(recording)
                show(RecordingStep.SAVING)
                for slot, contents in records.items():
                    await self._async_keep(terminal, recording.person_id, slot, contents, by)
        except asyncio.CancelledError:
            show(RecordingStep.CANCELLED)
            raise
        except HomeAssistantError as err:
            if isinstance(err.__cause__, EnrolmentCancelled):
                show(RecordingStep.CANCELLED)
            else:
                show(RecordingStep.FAILED, err.translation_key, err.translation_placeholders)
        except Exception:  # noqa: BLE001 - who looks would wait for ever
            LOGGER.exception("Recording at %s failed", terminal.serial)
            show(RecordingStep.FAILED, "panel_unexpected")
        else:
            show(RecordingStep.DONE)

    async def _async_placed(self, terminal: Terminal, person_id: str) -> None:
        """Wait until a terminal knows somebody."""
        changed = asyncio.Event()
        unsubscribe = self._house.keeper.async_subscribe(lambda _: changed.set())
        try:
            async with asyncio.timeout(PLACED_SECONDS):
                while self._standing(terminal, person_id) is None:
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            name = person_of(self._house.known(), person_id).name
            raise _error("enrolment_not_there_yet", terminal=terminal.name, person=name) from None
        finally:
            unsubscribe()

    def _standing(self, terminal: Terminal, person_id: str) -> tuple[HousePerson, Standing] | None:
        """Return somebody, and how they stand on a terminal; None where they are not of it, or not yet."""
        household = self._house.known()
        person = person_of(household, person_id)
        placement = household.placements.get((terminal.serial, person.enroll_id))
        if placement is None or placement.confirmed is None or placement.person_id != person_id:
            return None
        return (person, placement.confirmed) if terminal.serial in household.kept else None

    async def _async_at_terminal(self, terminal: Terminal, recording: Recording) -> Mapping[int, Contents]:
        """Have somebody recorded, and return what the terminal made of it by slot."""
        person = person_of(self._house.known(), recording.person_id)
        number = await self._async_free_number(terminal)
        self.numbers |= {number}
        begun = asyncio.get_running_loop().time()
        command = AddUser(enroll_id=number, backup_number=recording.slot, role=Role.USER.value, user_name=person.name)
        try:
            await self._leftovers.async_note(terminal, number, person.name)
            self._async_show(terminal, recording, RecordingStep.ASKED)
            await terminal.enrolments.async_enrol(command, person.enroll_id)
            self._async_show(terminal, recording, RecordingStep.SAVING)
            records = await _async_read(terminal, number, recording.slot)
        except BaseException as err:
            self._leftovers.async_expect(terminal, number, person.name)
            if isinstance(err, ProtocolError):
                took = asyncio.get_running_loop().time() - begun
                raise self._reason(terminal, person, err, took) from err
            raise
        else:
            deletion = self._leftovers.async_delete(terminal, number, person.name)
            await asyncio.shield(self._tasks.async_see_through(deletion, f"delete {number} at {terminal.serial}"))
        finally:
            self.numbers -= {number}
        return records

    async def _async_free_number(self, terminal: Terminal) -> int:
        """Return a number that nobody has or had: what is in the log of one would become somebody else's."""

        def _candidate(known: Collection[int]) -> int:
            taken = self.numbers.union(known, *(other.roster.people for other in self._terminals()))
            return self._house.next_enroll_id(taken)

        return await async_free_number([(self._ledger, terminal.serial)], _candidate)

    def _reason(self, terminal: Terminal, person: HousePerson, error: ProtocolError, took: float) -> Exception:
        """Return why nobody was recorded, for who waits beside the terminal."""
        if isinstance(error, TerminalOffline):
            return _error("enrolment_away", terminal=terminal.name, person=person.name)
        refusal = refusal_of(error) if isinstance(error, CommandRefused) else None
        if isinstance(error, CommandTimeout) or (
            isinstance(error, CommandRefused) and refusal is None and took >= QUICK_ANSWER_SECONDS
        ):
            return _error("enrolment_nobody", terminal=terminal.name, person=person.name)
        if isinstance(error, CommandRefused) and refusal is Refusal.ALREADY_ENROLLED:
            number = holder_in(error)
            people = self._house.household.people.values()
            name = next((it.name for it in people if it.enroll_id == number), None) or terminal.name_of(number)
            if number == person.enroll_id:
                return _error("enrolment_double_own", person=person.name)
            if name:
                return _error("enrolment_double_of", holder=name, number=str(number))
        return error

    async def _async_keep(
        self, terminal: Terminal, person_id: str, slot: int, contents: Contents, by: str | None
    ) -> None:
        """Write a credential to somebody on a terminal, and have the house know it."""
        house = self._house
        if (found := self._standing(terminal, person_id)) is None:
            name = person_of(house.known(), person_id).name
            raise _error("enrolment_no_door", terminal=terminal.name, person=name)
        person, standing = found
        house.safe.check(terminal.serial, person.enroll_id, {slot: contents})
        # With name and role there is nothing to ask: this goes out in the step in which the person is of the house.
        await terminal.people.async_set_credential(
            person.enroll_id, slot, contents, name=standing.name, role=standing.role
        )
        if not (await terminal.people.async_record(person.enroll_id, slot)).record:
            raise _error("enrolment_without_effect", terminal=terminal.name)
        await async_given(house, terminal, person.enroll_id, {slot: contents}, by)
        if self._standing(terminal, person_id) is None:
            raise _error("enrolment_no_door", terminal=terminal.name, person=person.name)

    @callback
    def _async_show(
        self,
        terminal: Terminal,
        recording: Recording,
        step: RecordingStep,
        key: str | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        shown = replace(recording, step=step, key=key, placeholders=dict(placeholders or {}))
        self.latest = {**self.latest, terminal.serial: shown}
        for listener in tuple(self._listeners):
            listener()


async def _async_read(terminal: Terminal, number: int, slot: int) -> Mapping[int, Contents]:
    """Return what was recorded under a number: of a face, terminals may make several records."""
    kind = Credential.of(slot)
    slots = CREDENTIAL_SLOTS[kind] | (CREDENTIAL_SLOTS[Credential.PHOTO] if kind is Credential.FACE else frozenset())
    records: dict[int, Contents] = {}
    wanted = [slot]
    for other in wanted:
        record = (await terminal.people.async_record(number, other)).record
        if record in (None, "", 0, "0"):
            raise CommandTimeout(AddUser.name)
        records[other] = int(record) if kind in _NUMBERS else str(record)
        person = terminal.roster.people.get(number)
        wanted += sorted((person.slots if person else frozenset()) & slots - set(wanted))
    return records


def _has_a_door(household: Household, person: HousePerson, serial: str) -> bool:
    groups = filter(None, map(household.groups.get, person.groups))
    return any(rule.doors.get(serial) for group in groups for rule in group.rules)


def _error(key: str, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
