"""Writes a terminal's roster into the ledger, so that names are known before the terminal dials in again."""

import asyncio
from itertools import chain

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .. import ledger as ledger_module
from ..const import LOGGER
from ..ledger import Health, Ledger, LedgerUnavailable, Named
from ..ledger.names import UNTOLD
from ..terminal.tasks import Tasks
from .roster import Person, Roster, RosterChange

# Names come in one by one, some tens a second (field notes 1, throughput); together they are one transaction.
WRITE_SECONDS = 5.0
# So long after that failed.
WRITE_AGAIN_SECONDS = 10.0
# While the ledger is away, nobody is let in by default of whom it alone knows whether they are disabled.
RESTORE_AGAIN_SECONDS = 10.0
# Names of one number that are remembered until they are written; people change them by hand.
MAX_NAMES_UNWRITTEN = 16


class RosterKeeper:
    """Keeps the roster of one terminal.

    Who is disabled is written at once. What could not be written is tried again, and when the ledger is back.
    """

    def __init__(self, hass: HomeAssistant, tasks: Tasks, ledger: Ledger, serial: str, roster: Roster) -> None:
        """Follow the roster's changes."""
        self._hass = hass
        self._tasks = tasks
        self._ledger = ledger
        self._serial = serial
        self._roster = roster
        self._changed: set[int] = set()
        self._gone: set[int] = set()
        # A punch between a change and its being written is under the name of its time.
        self._named: dict[int, list[Named]] = {}
        self._cancel: CALLBACK_TYPE | None = None
        self._restore_again: CALLBACK_TYPE | None = None
        self._writing = asyncio.Lock()
        self._kept_in = ledger.health.identity
        self._unsubscribe: CALLBACK_TYPE | None = roster.async_subscribe(self._async_changed)
        self._unsubscribe_health: CALLBACK_TYPE | None = ledger.subscribe(self._async_found)

    async def async_restore(self) -> None:
        """Take over who was known before a restart; a ledger that is away is asked again, and is no error."""
        try:
            people = await self._ledger.people(self._serial)
        except LedgerUnavailable as err:
            LOGGER.debug("The people of %s are not known yet: %s", self._serial, err)
            self._async_restore_later()
            return
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

    @callback
    def _async_restore_later(self) -> None:
        @callback
        def _async_due(_: object) -> None:
            self._restore_again = None
            self._tasks.async_start(self.async_restore(), f"restore the people of {self._serial}")

        if self._unsubscribe is not None:
            self._restore_again = async_call_later(
                self._hass,
                RESTORE_AGAIN_SECONDS,
                HassJob(_async_due, f"restore the people of {self._serial}", cancel_on_shutdown=True),
            )

    async def async_stop(self) -> None:
        """Write what is left; a second time does nothing."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._unsubscribe_health is not None:
            self._unsubscribe_health()
            self._unsubscribe_health = None
        for cancel in (self._cancel, self._restore_again):
            if cancel is not None:
                cancel()
        self._cancel = self._restore_again = None
        await self._async_write()

    @callback
    def _async_found(self, health: Health) -> None:
        """Write what could not be written, and everybody into a database that was made anew."""
        if not health.available or health.identity is None:
            return
        if self._kept_in not in (None, health.identity):
            self._changed.update(self._roster.people)
        self._kept_in = health.identity
        if self._changed or self._gone or self._named:
            self._async_write_within(WRITE_SECONDS)

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
        closes = any(person.enabled is False for person in change.changed)
        self._async_write_within(0.0 if closes else WRITE_SECONDS)

    def _note(self, *named: Named) -> None:
        for one in named:
            noted = self._named.setdefault(one.enroll_id, [])
            if not noted or noted[-1].name != one.name:
                noted.append(one)
                del noted[:-MAX_NAMES_UNWRITTEN]

    @callback
    def _async_write_within(self, seconds: float) -> None:
        if self._cancel is not None:
            if seconds:
                return
            self._cancel()
        self._cancel = async_call_later(
            self._hass, seconds, HassJob(self._async_due, f"keep the people of {self._serial}")
        )

    @callback
    def _async_due(self, _: object) -> None:
        self._cancel = None
        self._tasks.async_see_through(self._async_write(), f"keep the people of {self._serial}")

    async def _async_write(self) -> None:
        async with self._writing:
            await self._async_write_changes()

    async def _async_write_changes(self) -> None:
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
        except LedgerUnavailable as err:
            LOGGER.debug("The people of %s could not be kept: %s", self._serial, err)
            self._changed |= changed
            self._gone |= gone
            newer, self._named = self._named, named
            self._note(*chain.from_iterable(newer.values()))
            if self._unsubscribe is not None:
                self._async_write_within(WRITE_AGAIN_SECONDS)


def _kept_person(person: Person) -> ledger_module.Person:
    return ledger_module.Person(
        enroll_id=person.enroll_id,
        name=person.name,
        role=person.role,
        enabled=person.enabled,
        slots=tuple(sorted(person.slots)),
    )
