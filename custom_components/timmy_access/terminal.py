"""One approved terminal: what its messages mean to Home Assistant."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_AREA_ID, CONF_MODEL
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .backlog import Backlog
from .bus import async_fire_moments
from .catching_up import CatchingUp
from .clock import Placed, TerminalClock, local_naive
from .const import CONF_DOORS, CONF_HOLD_OPEN, CONF_SERIAL, LIVE_WINDOW, LOGGER
from .coordinator import TerminalCoordinator, TimmyAccessConfigEntry
from .devices import async_place_doors, async_register_terminal
from .doors import Doors
from .echoes import Echoes
from .enrolment import Enrolments
from .guest_doors import GuestDoors
from .learning import Learning
from .ledger import Ledger
from .memory import Memory
from .moments import (
    CodeSource,
    DoorKind,
    DoorMoment,
    EnrolmentKind,
    EnrolmentMoment,
    Moment,
    Moments,
    Punch,
    PunchPhoto,
    moment_of,
)
from .passbook import Passbook
from .people import People
from .person_links import PersonLinks
from .presence import Presence
from .protocol.answers import HeartbeatAnswer, LogsAccepted, PinVerdict, QrVerdict, RegistrationAccepted, UserAccepted
from .protocol.commands.base import Command, Paged, Reply
from .protocol.counters import Counters
from .protocol.enums import Credential
from .protocol.errors import TerminalOffline
from .protocol.messages import DeviceInfo, Heartbeat, LogBatch, LogRecord, PinEntry, QrScan, Registration, UserUpload
from .protocol.paging import Listing, PageTaker
from .protocol.peer import printable
from .protocol.session import Session
from .protocol.turns import Priority
from .protocol.wire import Structure
from .records import Records
from .roster import Roster
from .roster_keeper import RosterKeeper
from .settings import TerminalSettings
from .sightings import Sightings
from .state import TerminalState
from .upkeep import Upkeep
from .verdicts import Approval, Verdicts

# How long the answer about a punch waits for the record to be kept, when the decision is there already; a commit takes
# some milliseconds.
ACKNOWLEDGEMENT_PATIENCE = 0.2


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all terminals of a listener share; `on_kept` is called when there are new records."""

    hass: HomeAssistant
    entry: TimmyAccessConfigEntry
    ledger: Ledger
    memory: Memory
    on_kept: Callable[[], None]
    passbook: Passbook


class Terminal:
    """The delegate of a terminal's sessions, and the owner of its state, doors and moments."""

    def __init__(self, surroundings: Surroundings, subentry: ConfigSubentry) -> None:
        """Prepare a terminal that has not dialled in yet."""
        hass, entry, ledger = surroundings.hass, surroundings.entry, surroundings.ledger
        self._hass = hass
        self._entry = entry
        self._session: Session | None = None
        self._last_seen: datetime | None = None
        self.subentry_id = subentry.subentry_id
        self.serial: str = subentry.data[CONF_SERIAL]
        self.name = subentry.title
        self.hold_open: bool = subentry.data.get(CONF_HOLD_OPEN, False)
        self.roster = Roster(self, self.serial)
        self.links = PersonLinks(hass, surroundings.memory, self.serial, self.roster)
        self._echoes = Echoes()
        self.people = People(self, self.roster, self._echoes)
        self.clock = TerminalClock()
        self.counters = Counters()
        self.moments = Moments()
        self.enrolments = Enrolments(self, self.people, self.moments.async_publish)
        self.coordinator = TerminalCoordinator(
            hass, entry, self.serial, TerminalState().with_doors(subentry.data[CONF_DOORS])
        )
        self.doors = Doors(hass, self.coordinator, self.async_request)
        self.settings = TerminalSettings(self.coordinator, self.async_request)
        self.upkeep = Upkeep(hass, self.coordinator, self.doors, self.async_request)
        self.records = Records(
            self.serial,
            ledger,
            self.clock,
            self.counters,
            live=self._async_live,
            history=self._async_history,
            on_kept=surroundings.on_kept,
        )
        self.verdicts = Verdicts(
            hass,
            self.serial,
            surroundings.passbook,
            self.moments.async_publish,
            self.roster.name_of,
            self.links.entity_id_of,
        )
        self.verdicts.async_apply(subentry.data)
        self.catching_up = CatchingUp(self, ledger, self.records, surroundings.memory, self.serial)
        self._guest_doors = GuestDoors(hass, entry, self.coordinator, self.doors, self.serial)
        self._asked: list[LogRecord] = []
        self._backlog = Backlog(hass, self.moments.async_publish)
        self._presence = Presence(hass, self.moments.async_publish)
        self.sightings = Sightings(self.serial, ledger, self.roster, self.moments)
        self._roster_keeper = RosterKeeper(hass, entry, ledger, self.serial, self.roster)
        self._learning = Learning(hass, self.coordinator, self.settings, self.roster, self.async_request)
        self.device_id = self._async_register(
            DeviceInfo(model=subentry.data.get(CONF_MODEL)), subentry.data.get(ATTR_AREA_ID)
        )
        self._async_place_doors(subentry.data[CONF_DOORS])
        async_fire_moments(hass, self.moments, self.device_id, lambda: self.name)

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

    async def async_request[R: Reply](self, command: Command[R], priority: Priority = Priority.INTERACTIVE) -> R:
        """Send a command over the present connection; raises the protocol's errors."""
        if self._session is None:
            raise TerminalOffline(command.name)
        return await self._session.request(command, priority)

    async def async_read_list(
        self, command: Paged[Any], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read a list over the present connection; raises the protocol's errors."""
        if self._session is None:
            raise TerminalOffline(command.name)
        return await self._session.read_list(command, priority, on_page)

    @property
    def fingerprint_algorithm(self) -> str | None:
        """Which templates the terminal understands; None where it does not tell (specification A1)."""
        return self.coordinator.data.info.fingerprint_algorithm

    async def async_restore(self) -> None:
        """Take over from before a restart what the ledger knows."""
        await self._roster_keeper.async_restore()
        await self.sightings.async_restore()

    async def async_refresh_people(self) -> None:
        """Read who is on the terminal; raises the protocol's errors."""
        await self.roster.async_refresh(self.coordinator.data.info.users_used, Priority.INTERACTIVE)

    @callback
    def async_apply(self, title: str, data: Mapping[str, Any]) -> None:
        """Apply changed settings without touching the connection."""
        self.hold_open = data.get(CONF_HOLD_OPEN, False)
        self.verdicts.async_apply(data)
        if title != self.name:
            self.name = title
            self._async_register(self.coordinator.data.info)
        self._async_place_doors(data[CONF_DOORS])
        self.doors.async_resize(data[CONF_DOORS])

    async def async_stop(self, reason: str) -> None:
        """Close the connection and cancel what is planned."""
        self.doors.async_stop()
        self._learning.async_stop()
        self._backlog.async_stop()
        self._presence.async_stop()
        session, self._session = self._session, None
        if session is not None:
            await session.close(reason)
        await self._roster_keeper.async_stop()

    # What the terminal says (protocol.session.Delegate)

    @callback
    def attached(self, session: Session, registration: Registration) -> RegistrationAccepted:
        """Take over a connection, or note the repeated registration that AiFace firmware uses as its heartbeat."""
        is_new = session is not self._session
        last_seen = self.last_seen
        replaced, self._session = self._session, session
        info = registration.info
        self.clock.measured(info.time, info.logs_unsent)
        if is_new:
            if replaced is not None:
                replaced.reset()
            else:
                LOGGER.info("%s (%s) is connected", self.name, self.serial)
            self._async_register(info)
            self.people.terminal_is(info)
            self.upkeep.async_connected()
            self._learning.async_start()
        state = self.coordinator.data.with_info(info)
        if last_seen is None or dt_util.utcnow() - last_seen > LIVE_WINDOW:
            # What the door has done meanwhile comes as history, if at all.
            state = replace(state, contacts=replace(state.contacts, door=None))
        self.coordinator.async_replace(
            replace(
                state,
                online=True,
                address=session.peer.address,
                clock_ahead=None if self.clock.drift is None else -round(self.clock.drift.total_seconds()),
                info=replace(state.info, extra=info.extra),
            )
        )
        self._presence.async_connected()
        return RegistrationAccepted(cloud_time=local_naive(dt_util.utcnow()))

    @callback
    def detached(self, session: Session) -> None:
        """Mark the terminal offline, unless another connection has taken over already."""
        if session is not self._session:
            return
        self._last_seen, self._session = self.last_seen, None
        self._learning.async_stop()
        LOGGER.info("%s (%s) is no longer connected", self.name, self.serial)
        self.coordinator.async_replace(replace(self.coordinator.data, online=False))
        self._presence.async_disconnected()

    async def logs(self, batch: LogBatch) -> LogsAccepted | None:
        """Keep records and acknowledge the frame; no answer, and the terminal keeps them, when they are not safe."""
        if self.verdicts.approval is not Approval.OFF and (asked := self.records.question_in(batch.records)):
            return await self._async_approve(batch, *asked)
        if not await self.records.async_take(batch.records):
            return None
        return self._accepted(batch)

    def _accepted(self, batch: LogBatch) -> LogsAccepted:
        return LogsAccepted(
            count=len(batch.records) if batch.count is None else batch.count,
            log_index=batch.log_index,
            cloud_time=local_naive(dt_util.utcnow()),
        )

    async def _async_approve(self, batch: LogBatch, asked: LogRecord, placed: Placed) -> LogsAccepted:
        """Answer whether somebody may pass (specification A2), who does not wait for a disk.

        Without the echo of count and index the answer is no acknowledgement for terminals that insist on one: they
        send again and get it then. What others forget before it is kept, the comparison of counts fetches back.
        """
        self._asked.append(asked)
        keeping = self._entry.async_create_background_task(
            self._hass, self.records.async_take(batch.records), f"keep a punch of {self.serial}"
        )
        keeping.add_done_callback(lambda _: self._asked.remove(asked))
        moment = self._moment_of(asked, placed)
        punch = moment if isinstance(moment, Punch) else None
        decision = await self.verdicts.async_punch(punch, asked.enroll_id, self._name_in(asked))
        await asyncio.wait((keeping,), timeout=ACKNOWLEDGEMENT_PATIENCE)
        safe = keeping.done() and not keeping.cancelled() and keeping.exception() is None and keeping.result()
        return replace(
            self._accepted(batch) if safe else LogsAccepted(cloud_time=local_naive(dt_util.utcnow())),
            access=decision.granted,
            message=decision.message,
            voice=decision.voice,
        )

    async def user(self, upload: UserUpload) -> UserAccepted:
        """Note somebody who was added at the keypad, or the echo of what we wrote."""
        self._async_note_upload(upload)
        return UserAccepted(cloud_time=local_naive(dt_util.utcnow()))

    async def qr_scan(self, scan: QrScan) -> QrVerdict:
        """Decide about a QR code."""
        decision = await self.verdicts.async_code(CodeSource.QR_CODE, scan.code)
        return QrVerdict(
            serial=scan.serial,
            access=self._guest_doors.async_let_in(decision),
            enroll_id=decision.enroll_id,
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            font_size=decision.font_size,
            text_color=decision.text_color,
        )

    async def pin_entry(self, entry: PinEntry) -> PinVerdict:
        """Decide about a PIN."""
        decision = await self.verdicts.async_code(CodeSource.PIN, entry.pin)
        return PinVerdict(
            access=self._guest_doors.async_let_in(decision),
            user_name=decision.name,
            message=decision.message,
            voice=decision.voice,
            voice_index=decision.voice_index,
        )

    async def heartbeat(self, beat: Heartbeat) -> HeartbeatAnswer:
        """Answer with our time."""
        return HeartbeatAnswer(name=beat.name, cloud_time=local_naive(dt_util.utcnow()))

    @callback
    def _async_note_upload(self, upload: UserUpload) -> None:
        before = self.roster.people.get(upload.enroll_id or 0)
        person = self.roster.async_note_upload(upload)
        if self.enrolments.async_note_upload(upload) or person is None or self._echoes.is_echo(upload):
            return
        # Terminals also send whom they have had all along; only what is new to a known roster has happened just now.
        if self.roster.complete and person.slots - (before.slots if before else frozenset()):
            self.moments.async_publish(
                EnrolmentMoment(
                    credential=Credential.of(-1 if upload.backup_number is None else upload.backup_number).name.lower(),
                    enroll_id=person.enroll_id,
                    kind=EnrolmentKind.ENROLLED,
                    occurred_at=dt_util.utcnow(),
                    person=person.name or None,
                )
            )

    @callback
    def _async_history(self, _: LogRecord, placed: Placed) -> None:
        self._backlog.async_note(placed.occurred_at)

    @callback
    def _async_live(self, record: LogRecord, placed: Placed) -> None:
        moment = self._moment_of(record, placed)
        if moment is None:
            return
        if record.image and isinstance(moment, Punch):
            self.moments.async_publish(PunchPhoto(occurred_at=moment.occurred_at, record=record.image))
        if isinstance(moment, Punch) and moment.person is not None:
            self.coordinator.async_replace(replace(self.coordinator.data, latest_punch=moment))
            if len(self.coordinator.data.doors) == 1:
                self.doors.async_changed_by(1, moment.person)
        elif isinstance(moment, DoorMoment):
            state = self.coordinator.data
            self.coordinator.async_replace(replace(state, contacts=state.contacts.after(moment.kind)))
            if moment.kind is DoorKind.BOOT:
                self.doors.async_release()
        self.moments.async_publish(moment)

    def _moment_of(self, record: LogRecord, placed: Placed) -> Moment | None:
        moment = moment_of(record, placed.occurred_at, self._name_in(record))
        if not isinstance(moment, Punch):
            return moment
        person = self.links.entity_id_of(moment.enroll_id)
        return replace(moment, asked=record in self._asked, person_entity_id=person)

    def _name_in(self, record: LogRecord) -> str | None:
        name = record.name or self.roster.name_of(record.enroll_id)
        return printable(name) if name else None

    @callback
    def _async_place_doors(self, count: int) -> None:
        async_place_doors(self._hass, self._entry.entry_id, self.subentry_id, self.serial, count)

    @callback
    def _async_register(self, info: DeviceInfo, area_id: str | None = None) -> str:
        return async_register_terminal(
            self._hass,
            self._entry.entry_id,
            self.subentry_id,
            self.serial,
            self.name,
            info,
            area_id=area_id,
        )
