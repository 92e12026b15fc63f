"""Who is on one terminal: read from it, kept in step with what changes, and never thinned out by half a list."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
import logging
from types import MappingProxyType
from typing import cast

from homeassistant.core import CALLBACK_TYPE, callback

from ..const import LOGGER
from ..ledger.people import MAX_SLOTS
from ..protocol.commands import GetUserList, GetUserName
from ..protocol.commands.people import UserSlot
from ..protocol.errors import CommandRefused, CommandTimeout
from ..protocol.log_budget import LogBudget
from ..protocol.messages import UserUpload
from ..protocol.peer import printable
from ..protocol.shared import outcome_of
from ..protocol.turns import Priority
from ..terminal.line import Line
from ..terminal.silences import Silences
from .listed_people import Person, is_slot, people_of
from .roster_readings import Reading, RosterReadings

# The largest terminals hold 50,000 people; more than that is no roster.
MAX_PEOPLE = 50_000
# Characters of a name: terminals hold some tens. What is longer is no name, and 50,000 of them are held in memory.
MAX_NAME = 256
# A list of fewer people than this share of those known before is taken for a cut one where the terminal does not say
# how many it holds (field notes 5, getuserlist: 533 people once looked like 48).
TRUSTED_SHARE = 0.8
# Questions for a name that stayed without an answer, in a row: the firmware does not have the question.
MAX_NAMES_UNANSWERED = 3
# How long somebody who asks who is there waits for names besides: some hundreds come in that time.
NAMES_SECONDS = 5.0
# What the question for a name is called where it is remembered who does not answer it.
NAMES = "names"
# Names read again in one go, some tens a second (field notes 1, throughput): the rest waits for the next hour, so that
# a large terminal whose network comes and goes is not asked for names all day.
MAX_NAMES_AGAIN = 500


@dataclass(frozen=True, kw_only=True)
class RosterChange:
    """What a roster's keeper has to write down: people who are new or changed, and enroll ids that are gone.

    `names` are those of the gone, and those that people had before who are called otherwise. `deleted` tells whether
    they are gone because somebody here deleted them; else only a list of the terminal leaves them out. `access` are
    enroll ids of people for whom something was written here about when they may pass.
    """

    changed: tuple[Person, ...] = ()
    gone: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)
    deleted: bool = False
    access: frozenset[int] = frozenset()


type RosterListener = Callable[[RosterChange], None]


class Roster:
    """The people of one terminal, in the order of their enroll ids where they are listed."""

    def __init__(
        self, line: Line, serial: str, silences: Silences, count: Callable[[Priority], Awaitable[int | None]]
    ) -> None:
        """Use `line` to reach the terminal, which may be one that does not tell names; nobody is known yet.

        `count` asks how many people it holds now, and returns None where it does not tell.
        """
        self._line = line
        self._silences = silences
        self._count = count
        self._log = LogBudget(LOGGER)
        self._serial = serial
        self._people: dict[int, Person] = {}
        self._listeners: list[RosterListener] = []
        self._readings = RosterReadings(serial, self._async_read)
        self._used_when_read: int | None = None
        # How many connections there were, and during which each name was read last.
        self._connections = 0
        self._names_read: dict[int, int] = {}
        self._tells_names = True
        self._is_read = False
        self._is_restored = False
        # Who was disabled here, also while a list leaves them out: lists can be somebody else's.
        self._disabled: set[int] = set()
        # Who was written, deleted or told of while a list was being read: its pages are of before, or of after.
        self._touched: set[int] = set()
        self._whole_since: int | None = None
        self._used_when_asked: int | None = None
        self.complete = False

    def is_disabled(self, enroll_id: int) -> bool | None:
        """Return whether somebody was disabled; None while the roster is not restored, as terminals do not tell."""
        if enroll_id in self._disabled:
            return True
        person = self._people.get(enroll_id)
        if person is not None and person.enabled is not None:
            return not person.enabled
        return False if self._is_restored else None

    @property
    def people(self) -> Mapping[int, Person]:
        """Everybody known, by enroll id."""
        return MappingProxyType(self._people)

    @property
    def is_whole(self) -> bool:
        """Whether the terminal has told everybody over this connection: who is not known is not there."""
        return self._whole_since == self._connections

    def name_of(self, enroll_id: int | None) -> str | None:
        """Return a person's name, None where there is none."""
        person = self._people.get(enroll_id or 0)
        return printable(person.name) or None if person else None

    def next_enroll_id(self, taken: Collection[int] = ()) -> int:
        """Return the lowest enroll id above all that are in use, or are taken otherwise."""
        return max([*self._people, *taken], default=0) + 1

    @callback
    def async_subscribe(self, listener: RosterListener) -> CALLBACK_TYPE:
        """Call `listener` with every change until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @callback
    def async_restore(self, people: Iterable[Person]) -> None:
        """Take over who was known before a restart; what the terminal has said meanwhile wins.

        Terminals do not say whom somebody has disabled.
        """
        for person in people:
            known = self._people.get(person.enroll_id)
            if person.enabled is False and (known is None or known.enabled is None):
                self._disabled.add(person.enroll_id)
            if known is None and not self._is_read:
                self._people[person.enroll_id] = person
            elif known is not None and known.enabled is None:
                self._people[person.enroll_id] = replace(known, enabled=person.enabled)
        self.complete = self.complete or bool(self._people)
        self._is_restored = True

    @callback
    def async_connected(self) -> None:
        """Note a new connection: the list and the names are read again, as the last ones may be somebody else's."""
        self._connections += 1
        self._tells_names = True
        self._is_read = False

    def is_stale(self, users_used: int | None) -> bool:
        """Return whether the roster should be read.

        It should where that was not done over this connection, where the terminal's own count has changed since, also
        since a list that seemed cut, and where names are left to be read.
        """
        if not self.complete or not self._is_read or (not self.is_whole and users_used != self._used_when_asked):
            return True
        return (users_used is not None and users_used != self._used_when_read) or any(
            self._names_read.get(enroll_id) != self._connections for enroll_id in self._names_to_read()
        )

    async def async_refresh(
        self, users_used: int | None, priority: Priority = Priority.BULK, *, anew: bool = False
    ) -> None:
        """Read the list, and the names that are missing or of another connection; raises the protocol's errors.

        `users_used` is how many people the terminal says it holds, which tells a short list from a cut one. Callers
        that come while a reading is under way wait for that one, and with `anew` for one that begins after it.
        """
        asked = Reading(users_used=users_used, priority=priority, names_priority=priority)
        _, work = self._readings.async_begin(asked, anew=anew)
        await outcome_of(work)

    async def async_refresh_for_people(self, users_used: int | None, *, all_names: bool = False) -> None:
        """Read who is there now, for somebody who waits for the list, and for all names or those that come soon.

        Raises the protocol's errors.
        """
        asked = Reading(
            users_used=users_used,
            priority=Priority.INTERACTIVE,
            names_priority=Priority.READING,
            all_names=all_names,
        )
        reading, work = self._readings.async_begin(asked, anew=True)
        if not all_names:
            listed = asyncio.create_task(reading.listed.wait(), name=f"list of {self._serial}")
            try:
                await asyncio.wait((work, listed), return_when=asyncio.FIRST_COMPLETED)
            finally:
                listed.cancel()
            if not work.done():
                await asyncio.wait((work,), timeout=NAMES_SECONDS)
            if not work.done():
                return
        await outcome_of(work)

    @callback
    def async_note_upload(self, upload: UserUpload) -> Person | None:
        """Note what the terminal reports of one person (specification A3); None when it names nobody."""
        if upload.enroll_id is None or upload.enroll_id <= 0:
            return None
        changes: dict[str, object] = {}
        if upload.name:
            changes["name"] = upload.name
        if upload.role is not None:
            changes["role"] = upload.role
        slot = upload.backup_number
        has_record = upload.record not in ("", "0", 0, None)  # a user slot without credential (field notes 4)
        return self.async_note(upload.enroll_id, slot=slot if has_record else None, **changes)

    @callback
    def async_note(self, enroll_id: int, *, slot: int | None = None, **changes: object) -> Person | None:
        """Note facts about one person, who need not be known yet, and return how they stand now."""
        if len(str(changes.get("name", ""))) > MAX_NAME:
            del changes["name"]
        before = self._people.get(enroll_id)
        if before is None and len(self._people) >= MAX_PEOPLE:
            return None
        self._touched.add(enroll_id)
        person = replace(before or self._person_in_list(enroll_id), **changes)  # type: ignore[arg-type]
        if slot is not None and is_slot(slot) and len(person.slots) < MAX_SLOTS:
            person = replace(person, slots=person.slots | {slot})
        if person.enabled is False:
            self._disabled.add(enroll_id)
        elif person.enabled:
            self._disabled.discard(enroll_id)
        if person != before:
            self._people[enroll_id] = person
            renamed = {enroll_id: before.name} if before and before.name and before.name != person.name else {}
            self._async_tell(RosterChange(changed=(person,), names=renamed))
        return person

    @callback
    def async_forget_slots(self, enroll_id: int, slots: Iterable[int]) -> None:
        """Note that a person has lost credentials."""
        if (person := self._people.get(enroll_id)) is not None:
            self.async_note(enroll_id, slots=person.slots.difference(slots))

    @callback
    def async_forget(self, enroll_ids: Iterable[int]) -> None:
        """Note that people have been deleted from here."""
        deleted = frozenset(enroll_ids)
        self._touched |= deleted
        disabled = self._disabled & deleted
        self._disabled -= disabled
        names = self._without(deleted)
        if gone := disabled | names.keys():
            self._async_tell(RosterChange(gone=frozenset(gone), names=names, deleted=True))

    @callback
    def async_access_changed(self, enroll_ids: Iterable[int] = ()) -> None:
        """Tell that people may pass at other times: by what was written of these, or has just been read."""
        self._async_tell(RosterChange(access=frozenset(enroll_ids)))

    def _person_in_list(self, enroll_id: int) -> Person:
        """Return somebody who is new to the roster, or back on it."""
        return Person(enroll_id=enroll_id, enabled=False if enroll_id in self._disabled else None)

    def _without(self, enroll_ids: Iterable[int]) -> dict[int, str]:
        """Take people out, and return what they were called."""
        names = {enroll_id: self._people[enroll_id].name for enroll_id in enroll_ids if enroll_id in self._people}
        for enroll_id in names:
            del self._people[enroll_id]
            self._names_read.pop(enroll_id, None)
        return names

    async def _async_read(self, reading: Reading) -> None:
        connection, users_used = self._connections, reading.users_used
        self._used_when_asked = users_used
        self._touched.clear()
        listing = await self._line.async_read_list(GetUserList(), reading.priority)
        listed = people_of(cast("tuple[UserSlot, ...]", listing.rows))
        if listing.complete and not self._is_everybody(len(listed), users_used):
            # Somebody may have been deleted at its menu, which no terminal tells; or it is a cut list.
            users_used = self._used_when_asked = await self._async_counted(reading)
        changed = []
        for enroll_id, person in listed.items():
            before = self._people.get(enroll_id)
            if enroll_id in self._touched or (before is None and len(self._people) >= MAX_PEOPLE):
                continue
            whose = before or self._person_in_list(enroll_id)
            person = replace(whose, role=person.role, slots=person.slots)  # noqa: PLW2901 - the same person
            if person != before:
                self._people[enroll_id] = person
                changed.append(person)
        names: dict[int, str] = {}
        was_whole = self.is_whole
        if listing.complete and self._is_everybody(len(listed), users_used):
            names = self._without(self._people.keys() - listed.keys() - self._touched)
            self.complete = True
            self._used_when_read = users_used
            self._whole_since = connection
        self._is_read = connection == self._connections
        # That nobody else is there is news too: whoever is to be added waits for it.
        if changed or names or self.is_whole != was_whole:
            self._async_tell(RosterChange(changed=tuple(changed), gone=frozenset(names), names=names))
        reading.listed.set()
        await reading.async_names(self._async_read_names(reading), f"names of {self._serial}")

    async def _async_counted(self, reading: Reading) -> int | None:
        counted = await self._count(reading.priority)
        return reading.users_used if counted is None else counted

    def _is_everybody(self, listed: int, users_used: int | None) -> bool:
        if users_used is not None:
            return listed >= users_used
        return listed >= len(self._people) * TRUSTED_SHARE

    async def _async_read_names(self, reading: Reading) -> None:
        unanswered = 0
        connection = self._connections
        for enroll_id in list(self._people) if reading.all_names else self._names_to_read():
            if enroll_id in self._people:
                self._names_read[enroll_id] = connection
            try:
                reply = await self._line.async_request(GetUserName(enroll_id=enroll_id), reading.names_priority)
            except CommandRefused:
                self._silences.async_note(NAMES, is_answered=True)
                continue  # gone meanwhile, or without a name
            except CommandTimeout:
                unanswered += 1
                if unanswered >= MAX_NAMES_UNANSWERED:
                    self._log.log(logging.DEBUG, "%s does not tell names", self._serial)
                    self._silences.async_note(NAMES, is_answered=False)
                    self._tells_names = False
                    return
                continue
            self._silences.async_note(NAMES, is_answered=True)
            unanswered = 0
            if reply.name and enroll_id in self._people:
                self.async_note(enroll_id, name=reply.name)

    def _names_to_read(self) -> list[int]:
        """Return whose names to ask for: first who has none, then who was asked for longest ago, so many at a time."""
        if not self._tells_names or not self._silences.async_is_worth_asking(NAMES):
            return []
        read = self._names_read
        nameless = [person.enroll_id for person in self._people.values() if not person.name]
        others = [
            person.enroll_id
            for person in self._people.values()
            if person.name and read.get(person.enroll_id, 0) != self._connections
        ]
        others.sort(key=lambda enroll_id: read.get(enroll_id, 0))
        return nameless + others[:MAX_NAMES_AGAIN]

    @callback
    def _async_tell(self, change: RosterChange) -> None:
        for listener in tuple(self._listeners):
            listener(change)
