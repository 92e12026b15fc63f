"""Writes a terminal's roster into the ledger, so that names are known before the terminal dials in again."""

from itertools import chain

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .. import ledger as ledger_module
from ..ledger import Ledger, LedgerUnavailable, Named
from ..ledger.names import UNTOLD
from ..terminal.patient_work import PatientWork
from ..terminal.tasks import Tasks
from .listed_people import Person
from .roster import Roster, RosterChange

# Names come in one by one, some tens a second (field notes 1, throughput); together they are one transaction.
WRITE_SECONDS = 5.0
# Names of one number that are remembered until they are written; people change them by hand.
MAX_NAMES_UNWRITTEN = 16


class RosterKeeper:
    """Keeps the roster of one terminal.

    Who is disabled is written at once. What could not be written is tried again, and when the ledger is back.
    """

    def __init__(self, hass: HomeAssistant, tasks: Tasks, ledger: Ledger, serial: str, roster: Roster) -> None:
        """Follow the roster's changes."""
        self._ledger = ledger
        self._serial = serial
        self._roster = roster
        self._wants_people = False
        self._changed: set[int] = set()
        self._gone: set[int] = set()
        # A punch between a change and its being written is under the name of its time.
        self._named: dict[int, list[Named]] = {}
        self._kept_in = ledger.health.identity
        self._unsubscribe: CALLBACK_TYPE | None = roster.async_subscribe(self._async_changed)
        name = f"keep the people of {serial}"
        self._work = PatientWork(hass, ledger, self._async_catch_up, name, tasks.async_see_through)
        self._work.async_start()

    async def async_restore(self) -> None:
        """Take over who was known before a restart; a ledger that is away is asked again, and is no error.

        Meanwhile nobody is let in by default of whom it alone knows whether they are disabled.
        """
        self._wants_people = True
        await self._work.async_done()

    async def async_stop(self) -> None:
        """Write what is left; a second time does nothing."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        await self._work.async_stop()

    @callback
    def _async_changed(self, change: RosterChange) -> None:
        self._changed.update(person.enroll_id for person in change.changed)
        self._gone.update(change.gone)
        now = dt_util.utcnow()
        for enroll_id in change.gone:
            self._note(Named(enroll_id, None if change.deleted else UNTOLD, now))
        for person in change.changed:
            if person.name:
                self._note(Named(person.enroll_id, person.name, now))
        if any(person.enabled is False for person in change.changed):
            self._work.async_now()
        else:
            self._work.async_within(WRITE_SECONDS)

    def _note(self, *named: Named) -> None:
        for one in named:
            noted = self._named.setdefault(one.enroll_id, [])
            if not noted or noted[-1].name != one.name:
                noted.append(one)
                del noted[:-MAX_NAMES_UNWRITTEN]

    async def _async_catch_up(self) -> None:
        """Read who is not known, and write what has changed; raises `LedgerUnavailable`."""
        try:
            if self._wants_people:
                await self._async_read()
        finally:  # what can be written does not wait for what cannot be read
            self._note_other_database()
            await self._async_write()

    async def _async_read(self) -> None:
        people = await self._ledger.people(self._serial)
        self._wants_people = False
        self._roster.async_restore(
            Person(
                enroll_id=person.enroll_id,
                name=person.name or "",
                role=person.role,
                enabled=person.enabled,
                slots=frozenset(person.slots or ()),
            )
            for person in people
        )

    def _note_other_database(self) -> None:
        """Have everybody written into a database that was made anew."""
        identity = self._ledger.health.identity
        if identity is None:
            return
        if self._kept_in not in (None, identity):
            self._changed.update(self._roster.people)
        self._kept_in = identity

    async def _async_write(self) -> None:
        people = self._roster.people
        changed, self._changed = self._changed, set()
        left_out, self._gone = self._gone - people.keys(), set()
        named, self._named = self._named, {}
        # Whom a list leaves out who is disabled is so still when a list has them again.
        gone = {enroll_id for enroll_id in left_out if not self._roster.is_disabled(enroll_id)}
        if not changed and not gone and not named:
            return
        present = [_kept_person(people[enroll_id]) for enroll_id in changed & people.keys()]
        try:
            await self._ledger.update_people(self._serial, present, list(chain.from_iterable(named.values())))
            if gone:
                await self._ledger.forget_people(self._serial, gone)
        except LedgerUnavailable:
            self._changed |= changed
            self._gone |= gone
            newer, self._named = self._named, named
            self._note(*chain.from_iterable(newer.values()))
            raise


def _kept_person(person: Person) -> ledger_module.Person:
    return ledger_module.Person(
        enroll_id=person.enroll_id,
        name=person.name,
        role=person.role,
        enabled=person.enabled,
        slots=tuple(sorted(person.slots)),
    )
