"""Makes one terminal agree with the house, one step at a time, for as long as it is connected.

Nothing is written to a terminal that is not kept in step. What closes is done before anything else is asked over a new
connection. What is confirmed is kept at once, so that after an end in the middle the rest is done, and nothing twice.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import LOGGER
from ..people.roster import Roster, RosterChange
from ..protocol.commands import SetAccessSettings
from ..protocol.errors import CommandWithoutEffect, ProtocolError, SeatContested, TerminalOffline
from ..protocol.messages import DeviceInfo
from ..terminal.tasks import Tasks
from .attempts import HELD_BACK, Attempts
from .hand import Hand, NotKept
from .household import Household
from .intents import NUMBERS_AHEAD, Intents
from .looks import Looks
from .permits import Permits
from .persons import HousePerson
from .plan import Known, Plan, plan
from .readings import Readings
from .rounds import Round
from .sources import Hours, Keeper
from .steps import URGENT, Add, SetAccess, Step
from .undone import Undone
from .waits import Waits
from .wanted import Make
from .zones import gets_wider

# Failures one after the other, after which a terminal is not asked for more in this round: it refuses everything, and
# three thousand refusals help nobody.
MAX_FAILURES = 10
# Comparing more people and placements than this takes the loop longer than some milliseconds.
MANY = 200
# How often is compared anew when the house changes meanwhile; after that the loop waits for it.
MAX_COMPARED = 3
# Schedules begin and people expire by the minute; a terminal without dates is told within so many seconds.
LOOK_AGAIN_SECONDS = 60.0


class Writer:
    """Keeps one terminal in step with the house."""

    def __init__(
        self,
        hass: HomeAssistant,
        tasks: Tasks,
        serial: str,
        keeper: Keeper,
        hours: Hours,
        hand: Hand,
        roster: Roster,
        readings: Readings,
        make: Callable[[], Make],
        now: Callable[[], datetime],
    ) -> None:
        """Write nothing until `async_connected`."""
        self._hass = hass
        self._tasks = tasks
        self._serial = serial
        self._keeper = keeper
        self._hours = hours
        self._hand = hand
        self.readings, self.has_finger = readings, readings.has_finger
        self._make = make
        self._now = now
        self.waits = Waits()
        self._intents = Intents(serial, keeper, self._person_of)
        self._attempts = Attempts(serial, keeper, hand, readings, self._intents, self.waits)
        self._looks = Looks(serial, keeper, hand.permissions, roster, lambda: readings.zones)
        self._is_awake = self._is_connected = False
        self._timer: CALLBACK_TYPE | None = None
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        # The house for which was closed last.
        self._closed = Household()
        self._unsubscribe: tuple[CALLBACK_TYPE, ...] = (
            keeper.async_subscribe(self._async_changed),
            roster.async_subscribe(self._async_told),
            hours.async_subscribe(self.async_wake),
        )
        self._holders: tuple[Mapping[str, HousePerson], Mapping[int, str]] = ({}, {})
        self._known: Known | None = None
        self.plan: Plan | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the terminal is kept in step."""
        return self._keeper.is_known and self._serial in self._keeper.household.kept

    @property
    def progress(self) -> tuple[int, int]:
        """How many numbers are as they should be, and how many there are."""
        if self.plan is None:
            return 0, 0
        numbers = self.plan.agreement.numbers
        open_numbers = {step.enroll_id for step in self.plan.agreement.steps} | self.plan.agreement.differences.keys()
        return len(numbers - open_numbers), len(numbers)

    @property
    def permits(self) -> Permits:
        """What the terminal has said of when people may pass."""
        return self._hand.permissions.permits(self.readings.zones)

    @callback
    def async_connected(self, info: DeviceInfo) -> None:
        """Begin over a new connection; `async_close` has to be called before anything that can wait."""
        self.async_left()
        self._hand.people.terminal_is(info)
        self.readings.forget()
        self.waits.forget()
        self._is_connected = True
        self.async_wake()

    @callback
    def async_left(self) -> None:
        """Do nothing until the terminal is back."""
        self._is_connected = False
        self._async_cancel_timer()
        for task in (self._task, self._closing):
            if task is not None:
                task.cancel()
        self._task = self._closing = None

    @callback
    def async_stop(self) -> None:
        """Do nothing any more."""
        self.async_left()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = ()

    async def async_close(self) -> None:
        """Do what closes; raises `TerminalOffline`."""
        if not self.is_kept:
            return
        async with self._turn:
            planned = await self._async_planned(
                lambda: Known(make=self._made(), listed=self.readings.heard(), permits=self.permits)
            )
            self._closed = planned.household
            with suppress(NotKept):
                await self._async_walk(planned.urgent, planned, Known())

    @callback
    def _async_told(self, change: RosterChange) -> None:
        self._looks.touched(change.access)
        self._async_changed(change)

    @callback
    def _async_changed(self, _: object) -> None:
        is_busy = self._task is not None and not self._task.done()
        if is_busy and (self._closing is None or self._closing.done()) and self._has_changed(self._closed):
            # What closes does not wait until much is read.
            self._closing = self._tasks.async_start(self._async_close_now(), f"close {self._serial}", eager=False)
        self.async_wake()

    async def _async_close_now(self) -> None:
        with suppress(ProtocolError):  # it is tried again
            while self.is_kept and self._has_changed(self._closed):
                await self.async_close()

    @callback
    def async_wake(self) -> None:
        """Compare again, now or as soon as what is being done is done."""
        self._is_awake = True
        if self._is_connected and self.is_kept and (self._task is None or self._task.done()):
            self._async_cancel_timer()
            self._task = self._tasks.async_start(self._async_work(), f"keep {self._serial} in step", eager=False)

    @callback
    def _async_cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    async def _async_work(self) -> None:
        try:
            while self._is_awake and self.is_kept:
                self._is_awake = False
                await self.async_close()
                with suppress(NotKept):
                    await self._async_round()
        except TerminalOffline, SeatContested:
            return  # the next connection begins anew
        except ProtocolError as err:
            LOGGER.debug("%s is not in step yet: %s", self._serial, err)
        self._timer = async_call_later(
            self._hass,
            self.waits.until_next(LOOK_AGAIN_SECONDS),
            HassJob(self._async_due, f"keep {self._serial} in step", cancel_on_shutdown=True),
        )

    @callback
    def _async_due(self, _: datetime) -> None:
        self._timer = None
        if self._is_connected and self.is_kept and (self._task is None or self._task.done()):
            self._task = self._tasks.async_start(self._async_look(), f"look after {self._serial}", eager=False)

    async def _async_look(self) -> None:
        """See whether time has brought something: a try that is due, somebody who has expired, or all of a list."""
        known = self._known
        if (
            known is None
            or not self.readings.present().complete
            or self._looks.is_due()
            or (await self._async_planned(lambda: self._now_known(known))).agreement.steps
        ):
            self._is_awake = True
        await self._async_work()

    def _now_known(self, known: Known) -> Known:
        return replace(
            known,
            make=self._made(),
            listed=self.readings.present(),
            numbers=self.readings.used(),
            permits=self.permits,
        )

    async def _async_round(self) -> None:
        """Compare and do what follows; raises the protocol's errors."""
        household = self._keeper.household
        await self.readings.async_listed(household, self._asked())
        tables = await self.readings.async_tables(household)
        async with self._turn:
            known = self._now_known(Known(tables=tables, shortfall=self.readings.shortfall))
            planned = await self._async_planned(lambda: known)
            await self._async_walk(planned.before_hours, planned, known)
        if self._needs_reading(planned, known):
            known = await self.readings.async_exact(self._keeper.household, known)
            await self._async_ask_everybody(known)
        async with self._turn:
            await self._async_finish(known)
        if await self._looks.async_look(lambda: self._is_awake):
            self._is_awake = True

    async def _async_ask_everybody(self, known: Known) -> None:
        """Ask when people may pass before a week zone gets wider hours, which at the menu they may have got as well."""
        planned = await self._async_planned(lambda: self._now_known(known))
        if planned.allocation and known.tables and gets_wider(known.tables.zones, planned.allocation.zones):
            await self._looks.async_ask()

    async def _async_finish(self, known: Known) -> None:
        """Do what is left, once enough is read; raises the protocol's errors."""
        read = known
        planned = await self._async_planned(lambda: self._now_known(read))
        known = await self._async_write_tables(planned, known)
        self._known, self.plan = known, planned
        walk = await self._async_walk(planned.agreement.steps, planned, known)
        for number in planned.agreement.numbers - planned.agreement.differences.keys():
            placement = self._keeper.household.placements.get((self._serial, number))
            if placement is not None and placement.tries and walk.is_done(number):
                self._keeper.async_confirm(replace(placement, tries=0, refused=None))
        self._known = last = self._now_known(known)
        self.plan = await self._async_planned(lambda: last)

    def _needs_reading(self, planned: Plan, known: Known) -> bool:
        allocation = planned.allocation
        if allocation is None or known.tables is None:
            return False
        return bool(planned.unfit) or allocation.zones != known.tables.zones

    async def _async_write_tables(self, planned: Plan, known: Known) -> Known:
        """Write the tables where somebody needs others; raises the protocol's errors."""
        allocation = planned.allocation
        needs_hours = any(isinstance(step, (SetAccess, Add)) for step in planned.agreement.steps)
        if allocation is None or known.tables is None or not needs_hours:
            return known
        self._keeper.async_take_zones(self._serial, allocation.own)
        if allocation.zones == known.tables.zones:
            return known
        await self._hand.line.async_request(
            SetAccessSettings(day_zones=allocation.zones.days, week_zones=allocation.zones.weeks)
        )
        known = await self.readings.async_again(self._keeper.household, known)
        if known.tables is None or any(
            known.tables.zones.weeks[number - 1 : number] != allocation.zones.weeks[number - 1 : number]
            for number in allocation.numbers.values()
        ):
            raise CommandWithoutEffect("week_zones", "others")
        return known

    async def _async_walk(self, steps: Iterable[Step], planned: Plan, known: Known) -> Round:
        """Do steps that are due; raises `TerminalOffline`."""
        walk = Round(steps)
        try:
            await self._async_follow(walk, planned, known)
        finally:
            self._intents.end()
        return walk

    async def _async_follow(self, walk: Round, planned: Plan, known: Known) -> None:
        intents, failures = self._intents, 0
        for step in walk:
            if not self.waits.is_due(step, planned.wanted.get(step.enroll_id)):
                walk.failed(step)
                continue
            if not await intents.async_note(step, walk.ahead(NUMBERS_AHEAD)):
                walk.end()
                break
            # What closes meanwhile does not wait until the rest of a long list is done.
            if self._is_outdated(planned):
                walk.end()
                self._is_awake = True
                break
            why = await self._attempts.async_try(step, planned, known, self._person_of(step.enroll_id))
            if why is None:
                failures = 0
                if walk.is_over(step.enroll_id):
                    intents.done(step.enroll_id)
                continue
            if why in (Undone.NO_RECORD, HELD_BACK) and not walk.has_failed(step.enroll_id):
                intents.done(step.enroll_id)  # nothing was sent
            walk.failed(step)
            self._is_awake |= why == HELD_BACK
            failures += why != HELD_BACK
            if failures >= MAX_FAILURES and step.rank > URGENT:
                LOGGER.warning("%s takes nothing at present (%s)", self._serial, why)
                walk.end()
                break

    def _has_changed(self, before: Household) -> bool:
        """Return whether somebody has changed the house since; what was confirmed here is no such change."""
        now = self._keeper.household
        same = all(getattr(now, name) is getattr(before, name) for name in ("people", "groups", "credentials", "kept"))
        return not (same and now.tombstones.keys() <= before.tombstones.keys())

    def _asked(self) -> frozenset[int]:
        """Return numbers of which it matters who has them on the terminal."""
        household = self._keeper.household
        confirmed = {number for (at, number), it in household.placements.items() if at == self._serial and it.confirmed}
        return frozenset(person.enroll_id for person in household.people.values()) - confirmed

    def _person_of(self, number: int) -> str:
        people = self._keeper.household.people
        if self._holders[0] is not people:
            self._holders = (people, {person.enroll_id: key for key, person in people.items()})
        return self._holders[1].get(number, "")

    def _made(self) -> Make:
        return self.readings.limited(self._make())

    async def _async_planned(self, known: Callable[[], Known]) -> Plan:
        """Return what is to be done by what is known at this moment; a large house is compared beside the loop."""
        for _ in range(MAX_COMPARED):
            household = self._keeper.household
            if len(household.people) + len(household.placements) <= MANY:
                break
            planned = await self._hass.async_add_executor_job(self._comparing(known()))
            if not self._is_outdated(planned):
                return planned
        return self._comparing(known())()

    def _comparing(self, known: Known) -> Callable[[], Plan]:
        household, weeks = self._keeper.household, dict(self._hours.weeks)
        return partial(plan, household, self._serial, known, weeks, self._now())

    def _is_outdated(self, planned: Plan) -> bool:
        return self._has_changed(planned.household) or planned.weeks != self._hours.weeks
