"""From the step in which it stops, a listener serves nobody; then everything is closed and written, within limits."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
import json
import threading
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.decisions import Decision
from custom_components.timmy_access.house.house import House
from custom_components.timmy_access.hub import gate as gate_module, hub as hub_module
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.restoring import Restoring
from custom_components.timmy_access.hub.terminal import Terminal
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.limits import Limits
from custom_components.timmy_access.protocol.listener import Listener
from custom_components.timmy_access.protocol.session import Session
from custom_components.timmy_access.records.ledgers import async_open_ledgers
from custom_components.timmy_access.terminal.moments import CodeSource
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, LOOPBACK, MakeTerminal, subentry_data
from ..guests.test_guests import make_pass, passes, without_window
from ..services.test_actions import act
from ..until import issues_of, listen, until

pytestmark = pytest.mark.usefixtures("moments_shown")

SCAN = {"cmd": "sendqrcode", "sn": FACE}
# Home Assistant gives an integration 10 s.
UNLOAD_SECONDS = 10.0

type Dial = Callable[..., Awaitable[ClientConnection]]


@pytest.fixture
async def dial(port: int) -> AsyncGenerator[Dial]:
    """Terminals that do not answer the end of a connection, as real ones often do not."""
    async with AsyncExitStack() as stack:

        async def _dial(serial: str, *, listens: bool = False) -> ClientConnection:
            terminal = await connect(f"ws://{LOOPBACK}:{port}/pub/chat", compression=None, ping_interval=None)
            stack.callback(terminal.transport.abort)
            await terminal.send(json.dumps({"cmd": "reg", "sn": serial}))
            assert json.loads(await terminal.recv())["result"] is True
            if not listens:
                terminal.transport.pause_reading()
            return terminal

        yield _dial


async def heard(terminal: ClientConnection) -> list[Any]:
    """Return what a terminal hears until its connection ends."""
    frames: list[Any] = []
    with suppress(ConnectionClosed):
        async with asyncio.timeout(5):
            frames.extend([json.loads(data) async for data in terminal])
    return frames


def building(hass: HomeAssistant, port: int, count: int) -> MockConfigEntry:
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Timmy Access",
        data={"port": port, "host": LOOPBACK},
        subentries_data=[subentry_data(serial_of(number), f"Door {number}") for number in range(count)],
    )
    made.add_to_hass(hass)
    return made


def serial_of(number: int) -> str:
    return f"ZX{number:08}"


async def test_after_a_reload_nobody_is_served_by_the_old_listener(hass: HomeAssistant, port: int, dial: Dial) -> None:
    entry = building(hass, port, 16)
    assert await hass.config_entries.async_setup(entry.entry_id)
    old: Hub = entry.runtime_data
    last = serial_of(15)
    made = await make_pass(hass, old, last)
    for number in range(15):
        await dial(serial_of(number))
    guest = await dial(last, listens=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    new: Hub = entry.runtime_data
    assert [terminal.session for terminal in old.terminals.values()] == [None] * 16
    await act(hass, new, last, "revoke_pass", pass_id=made["pass_id"])
    with suppress(ConnectionClosed):
        await guest.send(json.dumps({**SCAN, "sn": last, "record": made["code"]}))
    assert "sendqrcode" not in [frame.get("ret") for frame in await heard(guest)]
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_hundred_terminals_that_do_not_answer_are_unloaded_at_once(
    hass: HomeAssistant, port: int, dial: Dial
) -> None:
    entry = building(hass, port, 100)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for number in range(100):
        await dial(serial_of(number))
    begun = hass.loop.time()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert hass.loop.time() - begun < 3.0  # a second each would be a hundred


async def test_nothing_is_served_from_the_step_in_which_it_stops(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """Not even what was decided in the same step."""
    events = listen(hass, f"{DOMAIN}_event")
    terminal = hub.terminals[FACE]
    await face.send({**SCAN, "record": "NOBODY HAS THIS CODE"})
    asked = await until(hass, "event.front_door_code", lambda state: "request_id" in state.attributes)
    received, told = len(face.received), len(events)
    door = hass.async_create_task(act(hass, hub, FACE, "open_door", door=1), eager_start=False)
    await face.send({"cmd": "checklive", "sn": FACE})
    terminal.verdicts.async_reply(CodeSource.QR_CODE, Decision(granted=True), asked.attributes["request_id"])
    stopping = hass.async_create_task(hub.async_stop(), eager_start=True)
    assert terminal.session is None
    with pytest.raises(HomeAssistantError, match="not connected"):
        await door
    await stopping
    await face.stop()
    assert face.received[received:] == []
    assert face.doors[1].openings == 0
    assert events[told:] == []


@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_the_ledger_is_let_go_of_last(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, how: str) -> None:
    """Also when closing takes its time, and also when both happen."""
    order: list[str] = []
    close, listener_stop, book_stop = Ledger.close, hub.listener.stop, hub.passbook.book.async_stop

    async def closing(self: Ledger) -> None:
        order.append("ledger")
        await close(self)

    async def stopping(reason: str) -> None:
        await listener_stop(reason)
        order.append("connections")

    async def writing() -> None:
        await asyncio.sleep(0)
        await book_stop()
        order.append("uses")

    with (
        patch.object(Ledger, "close", closing),
        patch.object(hub.listener, "stop", stopping),
        patch.object(hub.passbook.book, "async_stop", writing),
    ):
        if how == "stop":
            hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()
    assert order == ["connections", "uses", "ledger"]
    assert async_open_ledgers(hass) == []


@pytest.mark.parametrize("stage", ["start", "compose"])
async def test_a_set_up_that_fails_half_way_leaves_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, stage: str
) -> None:
    where = {
        "start": patch.object(Listener, "start", side_effect=OSError("no network")),
        "compose": patch.object(hub_module, "Listener", side_effect=OSError("no network")),
    }[stage]
    with where:
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert async_open_ledgers(hass) == []


@pytest.mark.parametrize("stage", ["before", "during"])
async def test_home_assistant_stops_while_a_listener_starts(
    hass: HomeAssistant, entry: MockConfigEntry, stage: str
) -> None:
    """Before it looks for what was before the restart, or while it waits for the database to tell."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    owner, name = {"before": (Terminal, "async_restore"), "during": (Restoring, "_async_restore")}[stage]
    goes_on = getattr(owner, name)

    async def _wait(self: object) -> None:
        begun.set()
        await may_go_on.wait()
        await goes_on(self)

    with patch.object(owner, name, _wait):
        starting = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
        await begun.wait()
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        may_go_on.set()
        await starting
    hub: Hub = entry.runtime_data
    assert hub.listener._servers == []
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert async_open_ledgers(hass) == []


async def test_who_is_being_admitted_while_it_stops_leaves_no_trace(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """Whether its connection lives is being asked of the terminal that somebody else claims to be."""
    lives, is_asked = Session.lives, asyncio.Event()

    async def _lives(self: Session, *seconds: float) -> bool:
        is_asked.set()
        return await lives(self, *seconds)

    face.faults.half_open = True
    moved = make_terminal("ai_face", FACE, source_address="127.0.0.2")
    with patch.object(Session, "lives", _lives), patch.object(gate_module, "FRESH_SECONDS", 0.0):
        await moved.start()
        await is_asked.wait()
        await hub.async_stop()
    await moved.stop()
    assert hub.terminals[FACE].session is None
    assert moved.received == []
    assert issues_of(hass) == {}
    assert hass.config_entries.flow.async_progress() == []


async def test_a_terminal_that_is_removed_is_not_served_from_that_step_on(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub)
    removed, other = hub.terminals[FACE], hub.terminals[FINGER].session
    session = removed.session
    await face.send({**SCAN, "record": made["code"]})
    hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
    assert session is not None
    assert session.ended
    await face.wait_refused()
    assert hub.passbook.passes[made["pass_id"]].uses == 0
    assert hub.terminals[FINGER].session is other


async def test_a_terminal_that_is_removed_while_its_listener_starts_is_not_served(
    hass: HomeAssistant, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    """A start waits for the database, and meanwhile the owner removes one terminal and has another ask no more."""
    load, loading, let_go = House.async_load, asyncio.Event(), asyncio.Event()

    async def _slow(house: House) -> None:
        loading.set()
        await let_go.wait()
        await load(house)

    with patch.object(House, "async_load", _slow):
        starting = hass.async_create_task(hass.config_entries.async_setup(entry.entry_id))
        await loading.wait()
        removed, kept = (
            next(one for one in entry.subentries.values() if one.unique_id == serial) for serial in (FACE, FINGER)
        )
        hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
        choices = {**kept.data, "server_approval": "refuse"}
        hass.config_entries.async_update_subentry(entry, kept, data=choices)
        let_go.set()
        assert await starting
    await hass.async_block_till_done()
    hub: Hub = entry.runtime_data
    assert FACE not in hub.terminals
    assert hub.terminals[FINGER].verdicts.decides
    terminal = make_terminal("ai_face", FACE)
    await terminal.start()
    await terminal.wait_refused()
    await terminal.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)


# What is still to be written


async def test_the_only_use_of_a_pass_outlives_a_reload_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await face.stop()
    assert await hass.config_entries.async_reload(entry.entry_id)
    without_window(entry.runtime_data)
    await face.start()
    await face.wait_registered()
    assert (await face.scan_qr(made["code"]))["access"] == 0
    (held,) = await passes(hass, entry.runtime_data, include_ended=True, include_uses=True)
    assert len(held["used"]) == 1


async def test_who_was_added_and_linked_just_now_is_known_after_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    assert await async_setup_component(hass, "person", {"person": [{"id": "ada", "name": "Ada"}]})
    await hass.async_block_till_done()
    received = len(face.received)
    face.enrol_user(User(enrollid=77, name="Newcomer", credentials={11: 4711}))
    await face.wait_received("senduser", after=received)
    await act(hass, hub, FACE, "link_person", enroll_id=77, person_entity_id="person.ada")
    await face.stop()
    assert await hass.config_entries.async_reload(entry.entry_id)
    new = entry.runtime_data.terminals[FACE]
    assert new.roster.name_of(77) == "Newcomer"
    assert new.links.entity_id_of(77) == "person.ada"


async def test_a_database_that_hangs_does_not_hold_up_unloading(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub_module.REST_SECONDS + Limits().close < UNLOAD_SECONDS
    monkeypatch.setattr(hub_module, "REST_SECONDS", 0.1)
    hub.ledger._limits = replace(hub.ledger._limits, close=0.2)
    made = await make_pass(hass, hub, max_uses=1)
    writer, let_go = hub.ledger._intake._writer, threading.Event()
    assert writer is not None
    hanging = hass.async_create_task(hub.ledger._intake.do(lambda _: let_go.wait(UNLOAD_SECONDS)))
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await face.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(LedgerUnavailable):
        await hanging
    let_go.set()
    assert await hass.async_add_executor_job(writer.stop, UNLOAD_SECONDS)  # so that no thread is left of it
    assert async_open_ledgers(hass) == []
