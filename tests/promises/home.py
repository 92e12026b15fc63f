"""A Home Assistant with two listeners on one database, their terminals, and all that may happen to them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
import json
from pathlib import Path
from traceback import format_exception
from types import MappingProxyType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant, mock_storage

from custom_components.timmy_access.const import DOMAIN, LIVE_WINDOW
from custom_components.timmy_access.errors import NothingAsked, PassNotWritten, PassRevoked, PassUnknown
from custom_components.timmy_access.guests import book, tries
from custom_components.timmy_access.guests.decisions import Decision
from custom_components.timmy_access.guests.passes import Hours, Pass
from custom_components.timmy_access.hub import reception
from custom_components.timmy_access.hub.contest import DOUBT_SECONDS
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.terminal import Terminal
from custom_components.timmy_access.ledger import LedgerUnavailable, Person
from custom_components.timmy_access.protocol import listener, outlet
from custom_components.timmy_access.protocol.effort import Effort
from custom_components.timmy_access.protocol.errors import ProtocolError
from custom_components.timmy_access.protocol.peer import Peer
from custom_components.timmy_access.protocol.throttle import Throttle
from custom_components.timmy_access.records import answered, journal, ledgers, patient_journal
from custom_components.timmy_access.terminal.clock import TerminalClock
from custom_components.timmy_access.terminal.moments import CodeKind, CodeMoment, CodeSource, Moment
from custom_components.timmy_access.terminal.state import DoorMode
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EVENT_HOMEASSISTANT_CLOSE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import event, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .disk import Disk, MemoryLedger, Mode, TroubledJournal
from .oracle import Called, Guest, Oracle, Punched, Shown
from .ordered import Ordering, seconds_from
from .stillness import StillLoop
from .wires import ORIGIN, Answers, Firmware, Origin, Port, Wire

FRONT, HALL, BARN = "ZX00000001", "ZX00000004", "ZX00000099"
DOORS = {FRONT: 1, HALL: 4, BARN: 1}
APPROVAL = {FRONT: "grant", HALL: "off", BARN: "grant_unknown"}
# Which terminals each listener has.
BUILDINGS: tuple[tuple[str, ...], ...] = ((FRONT, HALL), (BARN,))
ADDRESSES = ("10.0.0.1", "10.0.0.2")
KNOWN, DISABLED, UNKNOWN, STRANGER = 1, 2, 3, 99_999_999
NOON = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # in California, a Monday
BEGIN = 1000.0
# Nobody is as fast who starts Home Assistant; then somebody may still stand at the door.
RESTART_SECONDS = 3.0
# Until all that may be tried again has been.
RECOVERY_SECONDS = 75.0
# Few enough that they run out.
SLOTS = 12
LOOK_SECONDS = 0.05
# What says that doors are not as they should be.
DOOR_ISSUES = ("hold_", "left_", "lockdown_", "emergency_")
TROUBLES = (LedgerUnavailable, PassNotWritten, PassRevoked, PassUnknown, ProtocolError)


@dataclass(frozen=True)
class Question:
    """What automations are asked."""

    terminal: Terminal
    source: CodeSource
    request_id: str
    origin: Origin | None


class Home:
    """Everything; one for many stories, each of which begins anew."""

    def __init__(self, loop: StillLoop, hass: HomeAssistant, storage: dict[str, Any]) -> None:
        self.loop = loop
        self.hass = hass
        self.disk = Disk()
        self.oracle = Oracle(loop, self.wall)
        self.firmware: dict[str, Firmware] = {}
        self.guests: list[Guest] = []
        self.latest: tuple[str, Guest] | None = None
        self.calls: list[Called] = []
        self.punches: list[Punched] = []
        self.questions: list[Question] = []
        self.terminals: list[Terminal] = []
        self.entries: list[MockConfigEntry] = []
        self.hubs: list[Hub | None] = []
        self.work: list[asyncio.Task[None] | None] = []
        self.ports: dict[int, Port] = {}
        self._storage = storage
        loop.set_exception_handler(self._note_failure)
        self._stores: list[Store[Any]] = []

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.loop.now - BEGIN)

    def execute(self, work: Any, *arguments: Any) -> asyncio.Future[Any]:
        """Do what a thread of Home Assistant would."""
        return self.disk.execute(work, *arguments)

    # Its life

    def begin(self) -> None:
        """Begin a story in which all is well."""
        self.loop.now = BEGIN
        self.disk = TroubledJournal.disk = Disk()
        for serial in DOORS:
            self.disk.people[serial] = {
                KNOWN: Person(enroll_id=KNOWN, name="Ada", enabled=True, slots=(0,)),
                DISABLED: Person(enroll_id=DISABLED, name="Bob", enabled=False, slots=(0,)),
            }
        self._storage.clear()
        registry = ir.async_get(self.hass)
        for domain, issue_id in tuple(registry.issues):
            self._in_loop(registry.async_delete, domain, issue_id)
        for file in self._journals():
            file.unlink()
        self.oracle = Oracle(self.loop, self.wall)
        self.oracle.approves = self._approves
        self.firmware = {serial: Firmware(serial, doors, self.wall) for serial, doors in DOORS.items()}
        self.latest = None
        self.guests, self.calls, self.punches, self.questions, self.terminals = [], [], [], [], []
        self.ports.clear()
        self.entries = [_entry(number) for number in range(len(BUILDINGS))]
        self.hubs = [None] * len(BUILDINGS)
        self.work = [None] * len(BUILDINGS)
        for number, entry in enumerate(self.entries):
            entry.add_to_hass(self.hass)
            self.start(number)
        self.loop.settle()

    def end(self) -> None:
        """Leave nothing behind."""
        self._die()
        for entry in self.entries:
            del self.hass.config_entries._entries[entry.entry_id]
        self.entries = []

    def start(self, number: int) -> None:
        if self.hubs[number] is None and not self._is_busy(number):
            self.work[number] = self._task(self._start(number), "start a listener")

    def stop(self, number: int, *, again: bool = False) -> None:
        if self.hubs[number] is not None and not self._is_busy(number):
            self.work[number] = self._task(self._stop(number, again=again), "stop a listener")

    def kill(self) -> None:
        """End it without a word, as `kill -9` does, and start it anew."""
        self._die()
        registry = ir.async_get(self.hass)
        for domain, issue_id in [key for key, issue in registry.issues.items() if not issue.is_persistent]:
            self._in_loop(registry.async_delete, domain, issue_id)
        self.loop.now += RESTART_SECONDS
        written = b"".join(file.read_bytes() for file in self._journals())
        for guest in self.guests:
            held = self.disk.passes.get(guest.pass_id)
            is_written = (held is not None and held.revoked_at is not None) or (
                f'"revoked": "{guest.pass_id}"'.encode() in written
            )
            guest.is_revoked = guest.is_revoked and (guest.is_safe or is_written)
            guest.is_changing = False
        # What is on no disk is asked about again; somebody has to be very quick for that.
        kept = {(serial, one.enroll_id, str(one.time)) for serial, one in self.disk.records}
        self.oracle.granted &= kept
        self.oracle.deaf.clear()
        self.ports.clear()
        for number in range(len(BUILDINGS)):
            self.start(number)

    def database(self, mode: Mode) -> None:
        self.loop.call_soon(self.disk.become, mode)
        self.loop.run_until_complete(asyncio.sleep(0))

    def journal(self, mode: Mode) -> None:
        self.loop.call_soon(self.disk.journal_becomes, mode)
        self.loop.run_until_complete(asyncio.sleep(0))

    def look(self) -> list[str]:
        """Return what went wrong."""
        failed = [terminal.serial for terminal in self.terminals if terminal.counters.failed_handlers]
        held = [self._look_at_door(serial) for serial in DOORS]
        return [
            *self.oracle.wrong,
            *(f"a message of {serial} could not be handled" for serial in failed),
            *(wrong for wrong in held if wrong),
        ]

    def is_said(self, issue_id: str) -> bool:
        """Return whether there is a repair issue."""
        return ir.async_get(self.hass).async_get_issue(DOMAIN, issue_id) is not None

    def _look_at_door(self, serial: str) -> str | None:
        number = _building_of(serial)
        is_served = self.hubs[number] is not None and not self._is_busy(number)
        return self.oracle.ordered.look(
            self.hass, self.firmware[serial], is_served=is_served, now=self.wall(), idle=self.loop.idle
        )

    # Terminals

    def dial(self, serial: str, address: int = 0, *, tells_time: bool = False) -> None:
        firmware = self.firmware[serial]
        port = self.ports.get(_building_of(serial))
        if port is None:
            return
        wire = Wire(firmware, Peer(ADDRESSES[address], 40_000), self.oracle, port.hub, self.loop)
        if port.take(wire, self.loop):
            firmware.wires.append(wire)
            told = {"time": firmware.shown()} if tells_time else {}
            wire.say(json.dumps({"cmd": "reg", "sn": serial, "devinfo": {"modelname": "tfs30", **told}}))

    def remove(self, serial: str) -> None:
        entry = self.entries[_building_of(serial)]
        subentry = next((one for one in entry.subentries.values() if one.unique_id == serial), None)
        if subentry is None:
            return
        self.oracle.ordered.standing.pop(serial, None)
        self._in_loop(self.hass.config_entries.async_remove_subentry, entry, subentry.subentry_id)
        if self.hubs[_building_of(serial)] is not None:
            for wire in self.firmware[serial].wires:
                wire.is_cut = wire.is_cut or wire.registered

    def add(self, serial: str) -> None:
        number = _building_of(serial)
        entry = self.entries[number]
        if any(one.unique_id == serial for one in entry.subentries.values()):
            return
        if self.hubs[number] is not None or serial in self.oracle.ordered.locked:
            self.oracle.ordered.added(number, serial)
        self._in_loop(self.hass.config_entries.async_add_subentry, entry, _subentry(serial))

    # What is ordered of doors

    def hold(self, serial: str, mode: DoorMode, seconds: float, ago: float = 0.0) -> None:
        """Hold the door of a terminal with one."""
        if (hub := self.hubs[_building_of(serial)]) is not None:
            order = self._ordering("hold", (serial,), ago)
            order.mode, order.until = mode, seconds_from(self.wall(), seconds)
            work = partial(self.oracle.ordered.hold, hub, order, self.wall(), self.loop.now)
            self._order(hub, order, work)

    def lock_down(self, number: int, serials: tuple[str, ...], *, everywhere: bool) -> None:
        if (hub := self.hubs[number]) is not None:
            order = self._ordering("lock down", BUILDINGS[number] if everywhere else serials)
            work = partial(self.oracle.ordered.lock_down, hub, number, order, everywhere=everywhere)
            self._order(hub, order, work)

    def end_lockdown(self, number: int, serials: tuple[str, ...]) -> None:
        if (hub := self.hubs[number]) is not None:
            order = self._ordering("end a lockdown", serials)
            self._order(hub, order, partial(self.oracle.ordered.end, hub, number, order))

    def go_through_a_lockdown(self, serial: str, mode: DoorMode, middle: str) -> None:
        """Lock down a door that is held or not, let something happen in the middle, and end it again."""
        number, firmware = _building_of(serial), self.firmware[serial]
        if not self._is_held(serial, mode):
            return
        before = firmware.mode
        self.lock_down(number, (serial,), everywhere=False)
        self.loop.advance(0.0 if middle == "silence" else 1.0)
        self.befall(serial, middle)
        self.loop.advance(10.0)
        firmware.answers = Answers.PROMPT
        self._wire(serial)
        self.loop.advance(10.0)
        if self.hubs[number] is None or (wire := firmware.wire) is None or not wire.registered:
            return
        assert firmware.mode == "held_closed", "a door that is locked down is not held closed"
        self.end_lockdown(number, (serial,))
        self.loop.advance(1.0)
        assert firmware.mode == before, f"{before} has become {firmware.mode}"
        if mode is not DoorMode.NORMAL:  # for the rest of the story
            self.hold(serial, mode, 0.5)
            self.loop.advance(10.0)

    def befall(self, serial: str, what: str) -> None:
        """Let something happen to a terminal, or to what it dials in to."""
        number, firmware = _building_of(serial), self.firmware[serial]

        def _hang_up() -> None:
            for wire in firmware.wires:
                wire.abort()

        def _fall_silent() -> None:
            firmware.answers = Answers.SILENT

        faults: dict[str, Callable[[], None]] = {
            "": lambda: None,
            "kill": self.kill,
            "stop": partial(self.stop, number, again=True),
            "hang up": _hang_up,
            "power": firmware.lose_power,
            "remove": partial(self.remove, serial),
            "silence": _fall_silent,
        }
        faults[what]()

    def _is_held(self, serial: str, mode: DoorMode) -> bool:
        """Have a door held, or not, and return whether nothing was in the way."""
        number, firmware = _building_of(serial), self.firmware[serial]
        hub = self.hubs[number]
        if hub is None or self._is_busy(number) or serial not in hub.terminals or self._wire(serial) is None:
            return False
        if firmware.answers is not Answers.PROMPT or hub.terminals[serial].contest.is_open:
            return False
        self.end_lockdown(number, (serial,))
        self.loop.advance(10.0)
        if mode is not DoorMode.NORMAL:
            self.hold(serial, mode, 3600.0)
        self.loop.advance(1.0)
        known = self.oracle.ordered.standing.get(serial)
        return firmware.mode == mode.value and (mode is DoorMode.NORMAL or (known is not None and known[0] is mode))

    def _ordering(self, what: str, serials: tuple[str, ...], ago: float = 0.0) -> Ordering:
        order = Ordering(what, serials)
        order.asked_at, order.asked_idle = self.loop.now - ago, self.loop.idle
        return order

    def _order(self, hub: Hub, order: Ordering, work: Callable[[], Awaitable[None]]) -> None:
        async def _do() -> None:
            if hub not in self.oracle.deaf:
                with suppress(*TROUBLES):
                    await work()

        self._task(_do(), order.what, order)

    # People; the codes of a listener open its own terminals, and all know who is shut out

    def create(self, rules: dict[str, Any], *, with_pin: bool, number: int = 0) -> None:
        if (hub := self.hubs[number]) is not None:
            self._call(Called("create"), partial(self._create, hub, rules, with_pin=with_pin))

    def revoke(self, guest: Guest, number: int = 0) -> None:
        if (hub := self.hubs[number]) is not None:
            self._call(Called("revoke"), partial(self._revoke, hub, guest))

    def extend(self, guest: Guest, changes: dict[str, Any], number: int = 0) -> None:
        if (hub := self.hubs[number]) is not None and not guest.is_changing:
            self._call(Called("extend"), partial(self._extend, hub, guest, changes))

    def open(self, serial: str, door: int, ago: float = 0.0) -> None:
        hub = self.hubs[_building_of(serial)]
        self._wire(serial)
        if hub is not None and (terminal := hub.terminals.get(serial)) is not None:
            call = Called("open", serial=serial, door=door)
            call.asked_at, call.asked_idle = self.loop.now - ago, self.loop.idle
            self._call(call, partial(terminal.doors.async_open, door, call.asked_at))

    def cancel(self, index: int) -> None:
        running = [call for call in self.calls if call.task and not call.task.done() and not call.is_cancelled]
        if running:
            call = running[index % len(running)]
            call.is_cancelled = True
            assert call.task
            call.task.cancel()

    def show(self, serial: str, guest: Guest | None, *, pin: bool = False, late: float | None = None) -> Shown | None:
        """Hold a code to the reader, or type a PIN; `late` is how long ago, where the terminal tells it."""
        firmware = self.firmware[serial]
        if (wire := self._wire(serial)) is None or (pin and guest and guest.pin is None):
            return None
        code = (guest.pin if pin else guest.code) if guest else "12345678"
        assert code
        made_at = self.wall() - timedelta(seconds=late or 0.0)
        if guest:
            self.latest = (serial, guest)
        shown = Shown(serial, code, guest, made_at, frozenset(firmware.offsets), is_timed=late is not None)
        frame: dict[str, Any] = {"cmd": "sendpin", "pin": code} if pin else {"cmd": "sendqrcode", "record": code}
        if late is not None:
            frame["time"] = firmware.shown(made_at)
        wire.say(json.dumps({**frame, "sn": serial, "n": len(self.oracle.wrong)}), shown)
        return shown

    def punch(self, serial: str, enroll_id: int, age: float) -> None:
        firmware = self.firmware[serial]
        made_at = self.wall() - timedelta(seconds=age)
        punched = Punched(
            serial, enroll_id, made_at, firmware.shown(made_at), frozenset({*firmware.offsets, firmware.offset})
        )
        self.punches.append(punched)
        self.send_punch(punched)

    def send_punch(self, punched: Punched, log_index: int = 1) -> None:
        """Tell of a punch, once more if it has been told already."""
        if (wire := self._wire(punched.serial)) is None:
            return
        record = {"enrollid": punched.enroll_id, "time": punched.shown, "mode": 8, "inout": 0, "event": 0}
        frame = {"cmd": "sendlog", "sn": punched.serial, "count": 1, "logindex": log_index, "record": [record]}
        again = Punched(
            punched.serial,
            punched.enroll_id,
            punched.made_at,
            punched.shown,
            frozenset({*punched.offsets, *self.firmware[punched.serial].offsets}),
        )
        wire.say(json.dumps(frame), again)

    def reply(self, index: int, *, granted: bool) -> None:
        if not self.questions:
            return
        question = self.questions.pop(index % len(self.questions))
        with suppress(NothingAsked):
            question.terminal.verdicts.async_reply(
                question.source, Decision(granted=granted, name="Automation"), question.request_id
            )
            if granted and isinstance(question.origin, (Punched, Shown)):
                question.origin.automation = True

    # All is well

    def prosper(self) -> None:
        """Whatever happened: once nothing is wrong any more, who may come in does, and who may not does not."""
        self.database(Mode.WELL)
        self.journal(Mode.WELL)
        for firmware in self.firmware.values():
            firmware.answers, firmware.offset = Answers.PROMPT, 0.0
            for wire in firmware.wires:
                wire.unclog()
                wire.abort()
        self.loop.advance(RECOVERY_SECONDS)
        for number, serials in enumerate(BUILDINGS):
            self.start(number)
            self.loop.settle()
            for serial in serials:
                self.add(serial)
        self.loop.advance(RECOVERY_SECONDS)
        if any(terminal.contest.is_open for terminal in self.terminals):
            self.loop.advance(DOUBT_SECONDS)  # until then none of its doors is moved
        for serial in DOORS:
            self.dial(serial)
        self.loop.settle()
        self._come_to_rest()
        self._prosper()

    def _come_to_rest(self) -> None:
        """Nothing holds a door any more, nothing is kept of it, and nobody is told that something might."""
        for number, serials in enumerate(BUILDINGS):
            self.end_lockdown(number, serials)
        self.loop.advance(RECOVERY_SECONDS)
        modes = {serial: firmware.mode for serial, firmware in self.firmware.items()}
        assert modes == dict.fromkeys(DOORS, "normal"), modes
        for hub in self.hubs:
            assert hub is not None
            file = hub.door_orders.emergencies._file
            assert (dict(file.all), file.everywhere) == ({}, None), (file.all, file.everywhere)
        issues = [issue_id for (_, issue_id) in ir.async_get(self.hass).issues if issue_id.startswith(DOOR_ISSUES)]
        assert issues == [], issues

    def _prosper(self) -> None:
        known = len(self.guests)
        self.create({"doors": {FRONT: frozenset({1})}, "max_uses": 1}, with_pin=False)
        self.create({"doors": {HALL: frozenset({2})}}, with_pin=False)
        self.create({"doors": {BARN: frozenset({1})}}, with_pin=True, number=1)
        self.create({"doors": {FRONT: frozenset({1})}, "max_uses": 2}, with_pin=False)
        self.loop.advance(1.0)
        once, often, elsewhere, twice = self.guests[known:]
        opened = {serial: list(firmware.opened) for serial, firmware in self.firmware.items()}
        self._expect("a good pass", self.show(FRONT, once), grants=1)
        self._expect("a good pass for a door of several", self.show(HALL, often), grants=0)
        assert self.firmware[HALL].opened == [*opened[HALL], 2]
        self._expect("a good PIN", self.show(BARN, elsewhere, pin=True), grants=1)
        self.loop.advance(6.0)
        self._expect("a pass that is used up", self.show(FRONT, once), grants=0)
        self.show(FRONT, twice)
        # Where the use was written before the second reading came, that is answered too.
        self._expect("a code that is read twice at once", self.show(FRONT, twice), grants=1, at_most=2)
        self._expect("the same scan", self.show(FRONT, twice), grants=1)
        self.loop.advance(6.0)
        self._expect("the second use of two", self.show(FRONT, twice), grants=1)
        self.loop.advance(6.0)
        self._expect("the third use of two", self.show(FRONT, twice), grants=0)
        self.revoke(elsewhere)
        self.loop.settle()
        self._expect("a pass that was revoked", self.show(BARN, elsewhere), grants=0)
        before = self.oracle.grants
        self.punch(FRONT, KNOWN, 0.0)
        self.loop.advance(3.0)
        assert self.oracle.grants == before + 1, "somebody known is not let in"
        self.open(HALL, 3)
        self.open(BARN, 1)
        self.loop.settle()
        assert self.firmware[HALL].opened == [*opened[HALL], 2, 3]
        assert self.firmware[BARN].opened == [*opened[BARN], 1]

    def _expect(self, what: str, shown: Shown | None, *, grants: int, at_most: int | None = None) -> None:
        assert shown is not None, f"{what}: not connected"
        before = self.oracle.grants
        self.loop.advance(3.0)
        assert grants <= self.oracle.grants - before <= (grants if at_most is None else at_most), what

    # Inside

    async def _start(self, number: int) -> None:
        entry = self.entries[number]
        hub = await Hub.async_make(self.hass, entry)
        self._stores.append(hub._store._store)
        entry.async_on_unload(hub.async_stop)

        async def _apply(*_: Any) -> None:
            hub.async_apply()

        entry.async_on_unload(entry.add_update_listener(_apply))
        followed: set[Terminal] = set()

        def _follow(terminal: Terminal) -> None:
            if terminal not in followed:
                followed.add(terminal)
                self.terminals.append(terminal)
                terminal.moments.async_subscribe(partial(self._note, terminal))

        hub.async_subscribe_terminals(_follow)
        await hub.door_orders.async_load()
        self.oracle.ordered.started(number, hub)
        await hub.async_start()
        self.hubs[number] = hub

    async def _stop(self, number: int, *, again: bool) -> None:
        hub = self.hubs[number]
        self.hubs[number] = None
        unloading = asyncio.create_task(self.entries[number]._async_process_on_unload(self.hass), eager_start=True)
        self.oracle.deaf.add(hub)
        await unloading
        if again:
            await self._start(number)

    async def _create(self, hub: Hub, rules: dict[str, Any], *, with_pin: bool) -> None:
        hours: tuple[Any, Any] | None = rules.get("hours")
        blank = Pass(
            pass_id="",
            code_hash=b"",
            name="Guest",
            created_at=self.wall(),
            **{**rules, "hours": hours and Hours(begin=hours[0], end=hours[1])},
        )
        made = await hub.passbook.async_create(blank, with_pin=with_pin)
        self.guests.append(
            Guest(
                pass_id=made.held.pass_id,
                code=made.code,
                pin=made.pin,
                doors=rules["doors"],
                valid_from=rules.get("valid_from"),
                untils={rules.get("valid_until")},
                hours=hours,
                limits={rules.get("max_uses")},
            )
        )

    async def _revoke(self, hub: Hub, guest: Guest) -> None:
        if hub in self.oracle.deaf:
            return
        try:
            if guest.pass_id in hub.passbook.passes:
                guest.is_revoked = True
            await hub.passbook.async_revoke(guest.pass_id)
            guest.is_safe = True
        except PassNotWritten as err:
            guest.is_safe = err.safe

    async def _extend(self, hub: Hub, guest: Guest, changes: dict[str, Any]) -> None:
        if guest.is_changing:
            return
        guest.is_changing = True
        if "valid_until" in changes:
            guest.untils.add(changes["valid_until"])
        if "max_uses" in changes:
            guest.limits.add(changes["max_uses"])
        try:
            held = await hub.passbook.async_extend(guest.pass_id, **changes)
            guest.untils = {held.valid_until} if "valid_until" in changes else guest.untils
            guest.limits = {held.max_uses} if "max_uses" in changes else guest.limits
        finally:
            guest.is_changing = False

    def wire_of(self, serial: str) -> Wire:
        """Return the connection of a terminal that has one."""
        wire = self.firmware[serial].wire
        assert wire is not None
        return wire

    def _wire(self, serial: str) -> Wire | None:
        """Return the connection of a terminal, which dials in where it has none."""
        firmware = self.firmware[serial]
        if firmware.wire is None:
            self.dial(serial)
            self.loop.settle()
        return firmware.wire if firmware.wire and firmware.wire.registered else None

    def _note(self, terminal: Terminal, moment: Moment) -> None:
        if isinstance(moment, CodeMoment) and moment.kind is CodeKind.SCANNED and moment.request_id:
            self.questions.append(Question(terminal, moment.source, moment.request_id, ORIGIN.get()))

    def _approves(self, wire: Wire, enroll_id: int) -> bool:
        serial = wire.firmware.serial
        if enroll_id == DISABLED:
            return False
        if APPROVAL[serial] == "grant_unknown":
            return enroll_id != STRANGER
        return APPROVAL[serial] == "grant" and enroll_id == KNOWN

    def _call(self, call: Called, work: Callable[[], Awaitable[Any]]) -> None:
        async def _do() -> None:
            with suppress(*TROUBLES):
                await work()

        call.task = self._task(_do(), call.what, call)
        self.calls.append(call)

    def _task(self, work: Coroutine[Any, Any, None], name: str, origin: Origin | None = None) -> asyncio.Task[None]:
        context = copy_context()
        context.run(ORIGIN.set, origin)
        task = self.loop.create_task(work, name=name, context=context)
        task.add_done_callback(self._look_at)
        return task

    def _note_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        err = context.get("exception")
        self.oracle.wrong.append(f"{context['message']}: {''.join(format_exception(err)) if err else context}")

    def _look_at(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (err := task.exception()) is not None:
            self.oracle.wrong.append(f"{task.get_name()}: {''.join(format_exception(err))}")

    def _in_loop(self, work: Any, *arguments: Any) -> None:
        async def _do() -> None:
            work(*arguments)

        self.loop.run_until_complete(_do())

    def _is_busy(self, number: int) -> bool:
        work = self.work[number]
        return work is not None and not work.done()

    def _die(self) -> None:
        """Let nothing happen any more."""
        mode, self.disk.journal = self.disk.journal, Mode.AWAY
        self.disk.kill()
        for firmware in self.firmware.values():
            for wire in firmware.wires:
                wire.abort()
            firmware.wires.clear()
        self.loop.forget_timers()
        while tasks := asyncio.all_tasks(self.loop):
            for task in tasks:
                task.cancel()
            self.loop.settle()
        self.loop.forget_timers()
        self.disk.journal = mode
        for key in [key for key in self.hass.data if str(key).startswith(DOMAIN)]:
            del self.hass.data[key]
        for store in self._stores:
            store._async_cleanup_delay_listener()
            store._async_cleanup_final_write_listener()
        self._stores.clear()
        for entry in self.entries:
            entry._on_unload = None
            entry._tasks.clear()
            entry._background_tasks.clear()
            entry.update_listeners.clear()
        self.hubs = [None] * len(BUILDINGS)
        self.work = [None] * len(BUILDINGS)
        self.questions.clear()

    def _journals(self) -> list[Path]:
        return list(Path(self.hass.config.path(".storage")).glob("*.journal"))


def _building_of(serial: str) -> int:
    return next(number for number, serials in enumerate(BUILDINGS) if serial in serials)


def _subentry_data(serial: str) -> dict[str, Any]:
    return {
        "data": {"serial": serial, "doors": DOORS[serial], "hold_open": False, "server_approval": APPROVAL[serial]},
        "subentry_id": serial,
        "subentry_type": "terminal",
        "title": serial,
        "unique_id": serial,
    }


def _subentry(serial: str) -> ConfigSubentry:
    made = _subentry_data(serial)
    return ConfigSubentry(**{**made, "data": MappingProxyType(made["data"])})


def _entry(number: int) -> MockConfigEntry:
    return MockConfigEntry(
        domain=DOMAIN,
        entry_id=f"building{number}",
        title=f"Building {number}",
        minor_version=2,
        data={"port": number, "host": "127.0.0.1"},
        subentries_data=[_subentry_data(serial) for serial in BUILDINGS[number]],
    )


@contextmanager
def made_home(folder: Path) -> Generator[Home]:
    """Make a home whose time stands still, and take it down."""
    loop = StillLoop()
    loop.now = BEGIN
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    homes: list[Home] = []

    async def _serve(handler: Any, host: str, port: int, *, create_connection: Any, **_: Any) -> Port:
        made = homes[0].ports[port] = Port(handler, create_connection)
        return made

    def _utcnow() -> datetime:
        return NOON + timedelta(seconds=loop.now - BEGIN)

    def _now(zone: tzinfo | None = None) -> datetime:
        return _utcnow().astimezone(zone or dt_util.get_default_time_zone())

    clock = SimpleNamespace(monotonic=loop.time)
    with (
        mock_storage() as storage,
        patch.object(dt_util, "utcnow", _utcnow),
        patch.object(dt_util, "now", _now),
        patch.object(event, "time_tracker_utcnow", _utcnow),
        patch.object(event, "time_tracker_timestamp", lambda: _utcnow().timestamp()),
        patch.object(TerminalClock.__init__, "__defaults__", (_utcnow, LIVE_WINDOW, clock.monotonic, None)),
        patch.object(Throttle.__init__, "__defaults__", (loop.time,)),
        patch.object(Effort.__init__, "__defaults__", (lambda: 0.0, loop.time)),  # to compute takes no time here
        patch.object(book, "time", clock),
        patch.object(tries, "time", clock),
        patch.object(answered, "time", clock),
        patch.object(reception, "time", clock),
        patch.object(patient_journal, "Journal", TroubledJournal),
        patch.object(journal, "SLOTS", SLOTS),
        patch("os.fsync", lambda _: None),
        patch.object(ledgers, "Ledger", lambda url: MemoryLedger(homes[0].disk, url)),
        patch.object(listener, "serve", _serve),
        patch.object(outlet, "LOOK_SECONDS", LOOK_SECONDS),
        patch("homeassistant.helpers.discovery_flow.async_create_flow", lambda *_, **__: None),
    ):
        making = async_test_home_assistant(config_dir=str(folder))
        hass = loop.run_until_complete(making.__aenter__())
        try:
            home = Home(loop, hass, storage)
            homes.append(home)
            hass.async_add_executor_job = home.execute
            yield home
            home.end()
        finally:
            loop.call_soon(hass.bus.async_fire, EVENT_HOMEASSISTANT_CLOSE)
            loop.settle()
            loop.run_until_complete(making.__aexit__(None, None, None))
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
