"""One approved terminal: what its messages mean to Home Assistant."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
import logging
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_AREA_ID, CONF_MODEL
from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_DOORS,
    CONF_HOLD_OPEN,
    CONF_LIVE_WINDOW,
    CONF_SERIAL,
    CONF_UNLOCK_CODE,
    CONF_UNWRITTEN_USE,
    LIVE_WINDOW,
    LOGGER,
)
from ..guests.premises import Premises
from ..guests.unlock_code import UnlockCode
from ..guests.verdicts import DISK_PATIENCE, UnwrittenUse, Verdicts
from ..people.enrolment import Enrolments
from ..people.people import People
from ..people.roster import Roster
from ..people.roster_keeper import RosterKeeper
from ..people.sightings import Sightings
from ..protocol.answers import HeartbeatAnswer, RegistrationAccepted, UserAccepted
from ..protocol.commands.base import Command, Paged, Reply
from ..protocol.counters import Counters
from ..protocol.exchange import Check
from ..protocol.log_budget import LogBudget
from ..protocol.messages import DeviceInfo, Heartbeat, Registration, UserUpload
from ..protocol.pace import Pace
from ..protocol.paging import Listing, PageTaker
from ..protocol.session import Session
from ..protocol.throttle import Throttle
from ..protocol.trace import Trace
from ..protocol.turns import Priority
from ..protocol.wire import Structure
from ..records.answered import async_answered
from ..records.backlog import Backlog
from ..records.catching_up import CatchingUp
from ..records.records import Records
from ..records.unread import UnreadStore
from ..terminal.clock import TerminalClock, local_naive
from ..terminal.connectivity import Connectivity
from ..terminal.contacts import CONTACT_KNOWN
from ..terminal.coordinator import TerminalCoordinator
from ..terminal.devices import async_place_doors, async_register_terminal
from ..terminal.doors import Doors
from ..terminal.echoes import Echoes
from ..terminal.moments import Moments
from ..terminal.presence import Presence
from ..terminal.questions import Questions
from ..terminal.settings import TerminalSettings
from ..terminal.silences import Silences
from ..terminal.state import TerminalState
from ..terminal.two_factors import TwoFactors
from ..terminal.upkeep import Upkeep
from .contest import Contest
from .identity import Identity
from .in_step import HouseRules, async_writer
from .interpreter import Interpreter
from .reception import Reception
from .restoring import Restoring
from .surroundings import Surroundings
from .who_passes import async_links, async_occupancy

# Registrations that a terminal repeats over one connection, as its heartbeat or when a count has changed, each of which
# all its entities look at. More are answered, and what they tell is looked at in the next one.
REPEATS_PER_SECOND = 1.0
REPEATS_AT_ONCE = 20


class Terminal:
    """The delegate of a terminal's sessions, and the owner of its state, doors and moments."""

    def __init__(self, surroundings: Surroundings, subentry: ConfigSubentry) -> None:
        """Prepare a terminal that has not dialled in yet."""
        self._hass, self._entry_id = surroundings.hass, surroundings.entry.entry_id
        self._session: Session | None = None
        self._last_seen: datetime | None = None
        self.subentry_id = subentry.subentry_id
        self.serial: str = subentry.data[CONF_SERIAL]
        self.name = subentry.title
        self.hold_open: bool = subentry.data.get(CONF_HOLD_OPEN, False)
        self.identity = Identity(surroundings.hass, surroundings.entry, subentry)
        self._homes, self.contest = surroundings.homes, Contest(surroundings.hass)
        self.log = LogBudget(LOGGER)
        self._repeats = Throttle(REPEATS_PER_SECOND, REPEATS_AT_ONCE)
        self.trace, self.counters, self.pace = Trace(), Counters(), Pace()
        self._compose_machine(surroundings, subentry.data)
        self._compose_people(surroundings, subentry.data)
        self._compose_records(surroundings)
        self._compose_guests(surroundings, subentry.data)
        self.device_id = self._async_register(
            DeviceInfo(model=subentry.data.get(CONF_MODEL)), subentry.data.get(ATTR_AREA_ID)
        )
        self._async_place_doors(subentry.data)

    def _compose_machine(self, surroundings: Surroundings, data: Mapping[str, Any]) -> None:
        """Put together what the terminal is by itself: state, clock, doors, settings and moments."""
        hass = surroundings.hass
        self.clock = TerminalClock(told=surroundings.store.told_times(self.serial))
        self.moments = Moments(self.log)
        self.coordinator = TerminalCoordinator(
            hass, surroundings.entry, self.serial, TerminalState().with_doors(data[CONF_DOORS])
        )
        self._presence = Presence(hass, self.coordinator, lambda: self._session)
        self.doors = Doors(hass, self.coordinator, self.async_move_door)
        self.settings = TerminalSettings(self.coordinator, self.async_request)
        self.upkeep = Upkeep(hass, self.coordinator, self.clock, self.doors, self.async_request)
        self._silences = Silences(surroundings.store, self.coordinator)
        first = {"house": lambda: self.writer.async_close()}  # noqa: PLW0108 - it is put together later
        self.two_factors = TwoFactors(self.coordinator, self.settings, surroundings.store, self.serial)
        more = {"people": self._async_read_changed_people, "two factors": self.two_factors.async_catch_up}
        self._questions: Questions = Questions(
            hass, self.coordinator, self.settings, self.upkeep, self.async_request, self._silences, first, more
        )
        self._connectivity = Connectivity(hass, self.moments.async_publish)

    def _compose_people(self, surroundings: Surroundings, data: Mapping[str, Any]) -> None:
        """Put together who is on the terminal, gets onto it, has been seen and is inside."""
        hass, tasks, ledger = surroundings.hass, surroundings.tasks, surroundings.ledger
        self.roster = Roster(self, self.serial, self._silences, self._questions.async_count_people)
        self._roster_keeper = RosterKeeper(hass, tasks, ledger, self.serial, self.roster)
        self.house_rules = HouseRules(surroundings.house, self)
        self.links = async_links(surroundings, self.serial, self.roster, lambda: self.name, self.house_rules)
        self._echoes = Echoes()
        self.people = People(self, self.roster, self._echoes, lambda: len(self.coordinator.data.doors))
        self.writer = async_writer(surroundings, self, self._echoes)
        self.enrolments = Enrolments(self, self.people, self.moments.async_publish)
        self.sightings = Sightings((self.serial, *self.identity.former_serials), ledger, self.moments)
        self._occupancy = async_occupancy(surroundings, self.sightings.serials, data, self.moments, self.coordinator)

    def _compose_records(self, surroundings: Surroundings) -> None:
        """Put together what is kept of what the terminal reports, and what that means."""
        hass, tasks, ledger = surroundings.hass, surroundings.tasks, surroundings.ledger
        self._backlog = Backlog(hass, self.moments.async_publish)
        self._interpreter = Interpreter(
            self.coordinator,
            self.doors,
            self.roster,
            self.links,
            self.enrolments,
            self._echoes,
            self.moments,
            self._backlog,
            lambda: self.verdicts.decides,
        )
        self.unread = UnreadStore(hass, ledger, self.clock, tasks, self.coordinator, self.log, surroundings.on_kept)
        self.records = Records(
            hass,
            self.serial,
            ledger,
            self.clock,
            self.counters,
            async_answered(hass, self.serial),
            self.unread,
            live=self._interpreter.async_live,
            history=self._interpreter.async_history,
            doubted=lambda: self.contest.is_open,
            on_kept=surroundings.on_kept,
            asks=lambda: self.verdicts.decides,
            tasks=tasks,
        )
        pieces = self.records.async_restore, self.sightings.async_restore, self._occupancy.async_count
        self._restoring = Restoring(hass, tasks, ledger, self.serial, *pieces, self.unread.async_restore)
        self.catching_up = CatchingUp(self, ledger, self.records, surroundings.store, self.serial)

    def _compose_guests(self, surroundings: Surroundings, data: Mapping[str, Any]) -> None:
        """Put together who is decided about at the doors, and by what."""
        premises = Premises(
            serial=self.serial,
            doors=lambda: self.coordinator.data.doors,
            person_of=self.roster.people.get,
            is_disabled=self.house_rules.is_disabled,
            linked_to=self.links.entity_id_of,
            no_passage=self.house_rules.no_passage,
        )
        self.verdicts = Verdicts(
            surroundings.hass, premises, surroundings.passbook, self.moments.async_publish, self._async_show_tries
        )
        self.verdicts.async_apply(data)
        self.reception = Reception(
            surroundings.tasks,
            self.coordinator,
            self.doors,
            self.clock,
            self.upkeep,
            self.records,
            self.unread,
            self.verdicts,
            self._interpreter,
            self.log,
        )
        self.unlock_code = UnlockCode(surroundings.hass, lambda: self.name, self.log, self.moments.async_publish)
        self._async_apply_choices(data)

    # What Home Assistant asks

    @property
    def session(self) -> Session | None:
        """The present connection."""
        return self._session

    @property
    def last_seen(self) -> datetime | None:
        """When its latest frame came; None before the first one since the start."""
        if self._session is None:
            return self._last_seen
        return dt_util.utcnow() - timedelta(seconds=self._hass.loop.time() - self._session.last_frame)

    async def async_request[R: Reply](
        self, command: Command[R], priority: Priority = Priority.INTERACTIVE, *checks: Check
    ) -> R:
        """Send a command over the present connection; raises the protocol's errors."""
        return await (await self._presence.async_session(command)).request(command, priority, *checks)

    async def async_move_door[R: Reply](
        self, command: Command[R], asked_at: float, on_moved: Callable[[], None] | None = None, *checks: Check
    ) -> R:
        """Move a door over the present connection, at once or never (see `Exchange.move_door`)."""
        session = await self._presence.async_session(command, asked_at)
        return await session.move_door(command, asked_at, on_moved, self.contest.check, *checks)

    async def async_read_list(
        self, command: Paged[Any], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read a list over the present connection; raises the protocol's errors."""
        return await (await self._presence.async_session(command)).read_list(command, priority, on_page)

    @property
    def fingerprint_algorithm(self) -> str | None:
        """Which templates the terminal understands; None where it does not tell (specification A1)."""
        return self.coordinator.data.info.fingerprint_algorithm

    def name_of(self, enroll_id: int | None) -> str | None:
        """Return the name of one of its people, None where there is none."""
        return self.roster.name_of(enroll_id)

    async def async_restore(self) -> None:
        """Take over from before a restart what the ledger knows."""
        await self._roster_keeper.async_restore()
        self.links.async_ask()
        await self._restoring.async_begin()

    async def async_refresh_people(self, *, all_names: bool = False) -> None:
        """Read who is on the terminal, and the names that are missing or all of them; raises the protocol's errors."""
        await self.roster.async_refresh_for_people(self.coordinator.data.info.users_used, all_names=all_names)

    async def _async_read_changed_people(self) -> None:
        users_used = self.coordinator.data.info.users_used
        if self.roster.is_stale(users_used):
            await self.roster.async_refresh(users_used)

    @callback
    def async_apply(self, title: str, data: Mapping[str, Any]) -> bool:
        """Apply changed settings without touching the connection, unless it comes from where it may not any more.

        Returns whether somebody else than before may be the terminal now.
        """
        self.hold_open = data.get(CONF_HOLD_OPEN, False)
        self.verdicts.async_apply(data)
        self._occupancy.async_apply(data)
        self._async_apply_choices(data)
        if title != self.name:
            self.name = title
            self._async_register(self.coordinator.data.info)
        self._async_place_doors(data)
        self.doors.async_resize(data[CONF_DOORS])
        other = self.identity.async_apply(data)
        self.async_check_session()
        return other

    @callback
    def async_apply_options(self, options: Mapping[str, Any]) -> None:
        """Apply the settings of the listener."""
        self._presence.async_apply(options)
        self.clock.live_window = timedelta(seconds=options.get(CONF_LIVE_WINDOW, LIVE_WINDOW.total_seconds()))
        self.verdicts.disk_patience = DISK_PATIENCE[options.get(CONF_UNWRITTEN_USE, UnwrittenUse.REFUSE)]

    @callback
    def async_check_session(self) -> None:
        """Cut the connection if what is pinned now contradicts it."""
        if (session := self._session) and self.identity.doubt(session.facts, session.peer.address):
            session.reset()

    @callback
    def async_deafen(self) -> None:
        """Hear nothing of the terminal and tell it nothing any more, in this very step, and cancel what is planned."""
        self.doors.async_stop()
        self.verdicts.async_stop()
        self._questions.async_stop()
        self.writer.async_stop()
        self._backlog.async_stop()
        self._connectivity.async_stop()
        self._presence.async_stop()
        self._occupancy.async_stop()
        self.unread.async_stop()
        self._restoring.async_stop()
        self._homes.async_stop(self.serial)
        if (session := self._session) is not None:
            self._session = None
            session.deafen()

    async def async_stop(self, reason: str) -> None:
        """Close the connection, of which nothing is heard any more from the first step on, and write what is left."""
        session = self._session
        self.async_deafen()
        writing = self._roster_keeper.async_stop(), self.records.outcomes.async_stop()
        await asyncio.gather(*writing, *([session.close(reason)] if session else []))

    # What the terminal says (protocol.session.Delegate)

    @callback
    def attached(self, session: Session, registration: Registration) -> RegistrationAccepted:
        """Take over a connection, or note the repeated registration that AiFace firmware uses as its heartbeat."""
        accepted = RegistrationAccepted(cloud_time=local_naive(dt_util.utcnow()))
        if session.ended:  # another has taken its place
            return accepted
        is_new = session is not self._session
        if not is_new and not self._repeats.spend(1):
            return accepted
        last_seen = self.last_seen
        replaced, self._session = self._session, session
        info = registration.info
        self.clock.measured(info.time, info.logs_unsent)
        if is_new:
            if replaced is not None:
                replaced.reset()
            else:
                self.log.log(logging.INFO, "%s (%s) is connected", self.name, self.serial)
            self.clock.connected()
            self._async_register(info)
            self.people.terminal_is(info)
            self.roster.async_connected()
            self.doors.async_connected()
            self.upkeep.async_connected()
            self._questions.async_start()
            self.writer.async_connected(info)
        # What the door has done meanwhile comes as history, if at all.
        forgets = last_seen is not None and dt_util.utcnow() - last_seen > CONTACT_KNOWN
        drift = self.clock.drift
        self.coordinator.async_replace(
            self.coordinator.data.connected(session.peer.address, info, drift, forgets_contact=forgets)
        )
        self._presence.async_stop()
        self.clock.told()
        self._homes.async_registered(self.serial, session, self.identity.async_pin, again=not is_new)
        self._connectivity.async_connected()
        return accepted

    @callback
    def detached(self, session: Session) -> None:
        """Mark the terminal offline, unless another connection has taken over already."""
        if session is not self._session:
            return
        self._last_seen, self._session = self.last_seen, None
        self._homes.async_left(self.serial, session)
        self._questions.async_stop()
        self.writer.async_left()
        self.log.log(logging.INFO, "%s (%s) is no longer connected", self.name, self.serial)
        self._presence.async_left()
        self._connectivity.async_disconnected()

    async def user(self, upload: UserUpload) -> UserAccepted:
        """Note somebody who was added at the keypad, or the echo of what we wrote."""
        self._interpreter.async_note_upload(upload)
        return UserAccepted(cloud_time=local_naive(dt_util.utcnow()))

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """Answer with our time."""
        return HeartbeatAnswer(name=beat.name, cloud_time=local_naive(dt_util.utcnow()))

    @callback
    def _async_apply_choices(self, data: Mapping[str, Any]) -> None:
        self.unlock_code.async_apply(data.get(CONF_UNLOCK_CODE))
        state, decides = self.coordinator.data, self.verdicts.decides
        self.coordinator.async_replace(replace(state, has_code=self.unlock_code.is_set, is_decided_about=decides))

    @callback
    def _async_show_tries(self) -> None:
        self.coordinator.async_replace(replace(self.coordinator.data, pins_guessed=self.verdicts.tries.is_watchful))

    @callback
    def _async_place_doors(self, data: Mapping[str, Any]) -> None:
        async_place_doors(self._hass, self._entry_id, self.subentry_id, self.serial, data)

    @callback
    def _async_register(self, info: DeviceInfo, area_id: str | None = None) -> str:
        return async_register_terminal(
            self._hass, self._entry_id, self.subentry_id, self.serial, self.name, info, area_id=area_id
        )
