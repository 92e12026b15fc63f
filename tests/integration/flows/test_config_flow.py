"""The dialogs, each error with its way out."""

import asyncio
from datetime import timedelta
import errno
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
import sqlite3
import sys
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.pending import (
    MAX_PENDING,
    MAX_PENDING_PER_ADDRESS,
    YIELD_SECONDS,
    PendingTerminal,
)
from custom_components.timmy_access.ledger import shown_url
from custom_components.timmy_access.protocol.messages import Registration
from custom_components.timmy_access.protocol.peer import Peer, as_text
from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_INTEGRATION_DISCOVERY, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ..conftest import CONTROLLER, FACE, LOOPBACK, MakeTerminal, settings_form
from ..until import TEXTS, state_of, until_state

STRANGER = "ZX99999999"


async def start(hass: HomeAssistant) -> Any:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})


async def submit(hass: HomeAssistant, flow: Any, **data: Any) -> Any:
    return await hass.config_entries.flow.async_configure(flow["flow_id"], data)


async def test_setting_up_shows_what_to_type_into_the_terminal(hass: HomeAssistant, port: int) -> None:
    flow = await start(hass)
    assert flow["type"] is FlowResultType.FORM
    assert flow["errors"] == {}
    assert ip_address(flow["description_placeholders"]["host"])
    assert flow["description_placeholders"]["port"] == "7788"
    result = await submit(hass, flow, port=port, host=LOOPBACK)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == f"Timmy Access ({port})"
    assert result["data"] == {"port": port, "host": LOOPBACK}
    assert result["options"] == {"blueprints": True}  # offered, and so chosen unless it is turned off
    assert result["description_placeholders"] == {"host": LOOPBACK, "port": str(port)}
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_setting_up_without_blueprints(hass: HomeAssistant, port: int) -> None:
    result = await submit(hass, await start(hass), port=port, host=LOOPBACK, blueprints=False)
    assert (result["data"], result["options"]) == ({"port": port, "host": LOOPBACK}, {})
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(result["result"].entry_id)


async def test_the_address_of_a_machine_without_network(hass: HomeAssistant) -> None:
    with patch(
        "custom_components.timmy_access.hub.address.async_get_source_ip",
        side_effect=HomeAssistantError,
    ):
        flow = await start(hass)
    assert flow["description_placeholders"] == {"host": "homeassistant.local", "port": "7788"}


async def test_a_busy_port_is_a_form_error_with_a_way_out(hass: HomeAssistant, port: int) -> None:
    server = await asyncio.start_server(lambda *_: None, LOOPBACK, port)
    flow = await start(hass)
    flow = await submit(hass, flow, port=port, host=LOOPBACK)
    assert flow["type"] is FlowResultType.FORM
    assert flow["errors"] == {"port": "port_in_use"}
    server.close()
    await server.wait_closed()
    result = await submit(hass, flow, port=port, host=LOOPBACK)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(result["result"].entry_id)


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        (errno.EACCES, {"port": "port_not_allowed"}),
        (errno.EADDRNOTAVAIL, {"host": "address_not_available"}),
        (errno.EIO, {"base": "cannot_listen"}),
        (None, {"host": "address_not_available"}),
    ],
)
async def test_what_else_keeps_from_listening(
    hass: HomeAssistant, port: int, code: int | None, errors: dict[str, str]
) -> None:
    flow = await start(hass)
    with patch.object(asyncio.get_running_loop(), "create_server", side_effect=OSError(code, "no")):
        flow = await submit(hass, flow, port=port, host=LOOPBACK)
    assert flow["errors"] == errors


async def test_an_address_of_another_machine(hass: HomeAssistant, port: int) -> None:
    flow = await submit(hass, await start(hass), port=port, host="192.0.2.1")
    assert flow["errors"] == {"host": "address_not_available"}
    flow = await submit(hass, flow, port=port, host="no address")
    assert flow["errors"] == {"host": "invalid_address"}


async def test_one_listener_a_port(hass: HomeAssistant, entry: MockConfigEntry, port: int) -> None:
    result = await submit(hass, await start(hass), port=port, host=LOOPBACK)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_the_listener_moves(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, unused_tcp_port: int) -> None:
    flow = await entry.start_reconfigure_flow(hass)
    assert flow["description_placeholders"] == {"host": LOOPBACK, "port": str(entry.data["port"])}
    flow = await submit(hass, flow, port=entry.data["port"], host="192.0.2.1")
    assert flow["errors"] == {"host": "address_not_available"}
    result = await submit(hass, flow, port=unused_tcp_port, host=LOOPBACK)
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data.listener.port == unused_tcp_port


async def test_the_listener_does_not_move_onto_another(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, unused_tcp_port: int
) -> None:
    MockConfigEntry(domain=DOMAIN, data={"port": unused_tcp_port}).add_to_hass(hass)
    flow = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, flow, port=unused_tcp_port, host=LOOPBACK)
    assert result["reason"] == "already_configured"


async def card(hass: HomeAssistant, make_terminal: MakeTerminal, profile: str) -> Any:
    """Dial in with an unknown terminal and return its card."""
    terminal = make_terminal(profile, STRANGER)
    await terminal.start()
    await terminal.wait_refused()
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return terminal, flow


async def test_a_discovered_terminal_is_approved_with_name_doors_and_area(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    area = ar.async_get(hass).async_create("Warehouse")
    terminal, flow = await card(hass, make_terminal, "controller4")
    assert STRANGER in flow["context"]["title_placeholders"]["name"]
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert form["step_id"] == "approve"
    assert form["description_placeholders"] == {
        "address": LOOPBACK,
        "assumed": f"Assumed: {STRANGER} controls 4 doors, as ac4000 is an access controller.",
        "model": "ac4000",
        "serial": STRANGER,
    }
    form = await submit(hass, flow, name="Gate", doors=4, area_id=area.id)
    assert form["step_id"] == "doors"
    assert [str(key) for key in form["data_schema"].schema] == ["door_1", "door_2", "door_3", "door_4"]
    form = await submit(hass, flow, door_1="Side door", door_3=" side  DOOR")
    assert form["errors"] == {"door_3": "door_name_twice"}
    result = await submit(hass, flow, door_1="Side door")
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "terminal_approved"
    await terminal.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    await until_state(hass, "lock.warehouse_gate_door_4", "locked")
    assert hass.states.get("lock.warehouse_gate_side_door") is not None
    (approved,) = [item for item in entry.subentries.values() if item.unique_id == STRANGER]
    assert approved.title == "Gate"
    assert approved.data["doors"] == 4
    assert isinstance(approved.data["doors"], int)
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, STRANGER), entry.entry_id)
    assert device is not None
    assert device.area_id == area.id
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_the_button_of_the_page_adds_a_terminal(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Another listener is the second choice; a name that another terminal has is refused."""
    menu = await start(hass)
    assert menu["menu_options"] == ["terminal", "listener"]
    nobody = await submit(hass, menu, next_step_id="terminal")
    assert (nobody["type"], nobody["reason"]) == (FlowResultType.ABORT, "nobody_waits")
    assert nobody["description_placeholders"] == {"host": LOOPBACK, "port": str(entry.data["port"])}
    terminal, _ = await card(hass, make_terminal, "tfs30")
    form = await submit(hass, await start(hass), next_step_id="terminal")
    form = await submit(hass, form, serial=STRANGER)
    assert form["step_id"] == "approve"
    assert form["description_placeholders"]["assumed"].startswith(f"Assumed: {STRANGER} controls one door")
    form = await submit(hass, form, name="front  DOOR", doors=1)
    assert form["errors"] == {"name": "name_in_use"}
    result = await submit(hass, form, name="Gate", doors=1)
    assert result["reason"] == "terminal_approved"
    await terminal.wait_registered()
    await until_state(hass, "lock.gate", "locked")
    form = await submit(hass, await start(hass), next_step_id="listener")
    assert form["step_id"] == "listener"


async def test_ignoring_a_card_blocks_the_terminal(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal, _ = await card(hass, make_terminal, "tfs30")
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_IGNORE},
        data={"unique_id": STRANGER, "title": "stranger"},
    )
    received = len(terminal.received)
    assert (await terminal.wait_received("reg", after=received))["result"] is False
    assert hass.config_entries.flow.async_progress_by_handler(DOMAIN) == []


async def test_a_card_for_a_terminal_that_has_been_approved_meanwhile(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    _, flow = await card(hass, make_terminal, "tfs30")
    with patch("custom_components.timmy_access.config_flow.async_is_approved", return_value=True):
        result = await submit(hass, flow, name="Gate", doors=1)
    assert result["reason"] == "already_configured"


async def test_a_card_whose_listener_is_gone(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    terminal = PendingTerminal(entry_id="gone", serial=STRANGER, model="tfs30", address=LOOPBACK)
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=terminal
    )
    result = await submit(hass, flow, name="Gate", doors=1)
    assert result["reason"] == "listener_removed"


async def test_no_card_for_an_approved_terminal(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    terminal = PendingTerminal(entry_id=entry.entry_id, serial=FACE, model="AiFace", address=LOOPBACK)
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_INTEGRATION_DISCOVERY}, data=terminal
    )
    assert result["reason"] == "already_configured"


async def add(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "terminal"), context={"source": SOURCE_USER}
    )


async def submit_terminal(hass: HomeAssistant, flow: Any, **data: Any) -> Any:
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], data)


async def test_adding_offers_who_waits(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal, _ = await card(hass, make_terminal, "tfs30")
    form = await add(hass, entry)
    assert form["description_placeholders"]["waiting"] == "1"
    selector = next(value for key, value in form["data_schema"].schema.items() if key == "serial")
    assert [option["value"] for option in selector.config["options"]] == [STRANGER]
    result = await submit_terminal(hass, form, serial=STRANGER, name="Gate", doors=1)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await terminal.wait_registered()
    await until_state(hass, "lock.gate", "locked")


def visit(hub: Hub, address: str = LOOPBACK, serial: str = STRANGER, **info: Any) -> bool:
    """Have somebody dial in who says this of himself."""
    told = {"modelname": "tfs30", **info}
    return hub.pending.async_note(Registration.parse({"cmd": "reg", "sn": serial, "devinfo": told}), Peer(address, 1))


def offered(form: Any) -> list[str]:
    selector = next(value for key, value in form["data_schema"].schema.items() if key == "serial")
    return [option["value"] for option in selector.config["options"]]


async def test_who_was_shown_is_approved_and_not_who_came_last(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    visit(hub, mac="00:01:a9:30:30:32")
    form = await add(hass, entry)
    visit(hub, "127.0.0.66", mac="66:66:66:66:66:66")
    result = await submit_terminal(hass, form, serial=STRANGER, name="Gate", doors=1)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [approved] = [item for item in entry.subentries.values() if item.unique_id == STRANGER]
    assert approved.data["mac"] == "0001a9303032"


async def test_of_several_with_one_serial_number_one_is_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub
) -> None:
    form = await add(hass, entry)
    visit(hub, mac="00:01:a9:30:30:32")
    visit(hub, "127.0.0.66", mac="66:66:66:66:66:66")
    form = await submit_terminal(hass, form, serial=STRANGER, name="Gate", doors=1)
    assert form["errors"] == {"serial": "waits_already"}  # nobody has seen them yet
    mine = next(value for value in offered(form) if LOOPBACK in value)
    assert [address in mine for address in ("0001a9303032", "127.0.0.66")] == [True, False]
    assert len(offered(form)) == 2
    form = await submit_terminal(hass, form, serial=STRANGER, name="Gate", doors=1)
    assert form["errors"] == {"serial": "waits_already"}
    result = await submit_terminal(hass, form, serial=mine, name="Gate", doors=1)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    [approved] = [item for item in entry.subentries.values() if item.unique_id == STRANGER]
    assert approved.data["mac"] == "0001a9303032"


MARKUP = "![](http://evil.example/x.png) **<b>"


async def test_a_strangers_words_are_shown_as_text(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    visit(hub, modelname=MARKUP, mac="<b>")
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    form: Any = await hass.config_entries.flow.async_configure(flow["flow_id"])
    by_hand = await add(hass, entry)
    shown = [
        flow["context"]["title_placeholders"]["name"],
        form["description_placeholders"]["model"],
        by_hand["data_schema"].schema["serial"].config["options"][0]["label"],
        *(
            key.description["suggested_value"]
            for one in (form, by_hand)
            for key in one["data_schema"].schema
            if key == "name"
        ),
    ]
    assert len(shown) == 5
    for text in shown:
        assert as_text(MARKUP) in text
        assert "[" not in text


async def test_one_address_does_not_take_all_places(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, freezer: FrozenDateTimeFactory
) -> None:
    """Serial numbers that somebody makes up shut out nobody who dials in from elsewhere."""
    assert sum(visit(hub, serial=f"A{number}") for number in range(100)) == MAX_PENDING_PER_ADDRESS
    for last in range(2, 6):
        for number in range(MAX_PENDING_PER_ADDRESS):
            visit(hub, f"127.0.0.{last}", f"B{last}{number}")
    waiting = hub.pending.async_waiting()
    assert len(waiting) == MAX_PENDING
    assert visit(hub, "127.0.0.77", "NEW1")
    await hass.async_block_till_done()
    cards = {flow["context"]["unique_id"] for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN)}
    assert "NEW1" in cards
    assert len(cards) == len(hub.pending.async_waiting()) == MAX_PENDING
    assert visit(hub, "127.0.0.77", "NEW1")  # asks again and stays
    freezer.tick(YIELD_SECONDS + 1)
    assert visit(hub, "127.0.0.77", "NEW1")
    assert visit(hub, serial="A1000")  # of the same address as the flood, whose oldest has given up
    assert visit(hub, "127.0.0.5", "B5000")
    assert "NEW1" in {terminal.serial for terminal in hub.pending.async_waiting()}


async def test_as_many_addresses_as_there_are_places(
    hass: HomeAssistant, hub: Hub, freezer: FrozenDateTimeFactory
) -> None:
    for number in range(MAX_PENDING):
        assert visit(hub, f"127.0.1.{number}", f"C{number}")
    assert not visit(hub, "127.0.0.77", "NEW1")
    freezer.tick(YIELD_SECONDS + 1)
    for number in range(1, MAX_PENDING):
        assert visit(hub, f"127.0.1.{number}", f"C{number}")
    assert visit(hub, "127.0.0.77", "NEW1")  # in the place of the one that does not ask any more
    assert {terminal.serial for terminal in hub.pending.async_waiting()} == {
        "NEW1",
        *(f"C{number}" for number in range(1, MAX_PENDING)),
    }


async def test_adding_ahead_of_the_first_visit(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    form = await add(hass, entry)
    form = await submit_terminal(hass, form, serial="not a serial!", name="Gate", doors=1)
    assert form["errors"] == {"serial": "invalid_serial"}
    form = await submit_terminal(hass, form, serial=FACE, name="Gate", doors=1)
    assert form["errors"] == {"serial": "already_configured"}
    form = await submit_terminal(hass, form, serial=f" {STRANGER.lower()} ", name="Gate", doors=2)
    assert form["step_id"] == "doors"
    result = await submit_terminal(hass, form, door_1="Yard")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["unique_id"] == STRANGER
    await hass.async_block_till_done()
    assert state_of(hass, "lock.gate_door_2").state == "unavailable"
    terminal = make_terminal("tfs30", STRANGER)
    await terminal.start()
    await terminal.wait_registered()
    await until_state(hass, "lock.gate_door_2", "locked")


async def test_a_name_is_given_once(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    form = await add(hass, entry)
    form = await submit_terminal(hass, form, serial=STRANGER, name="Front Door", doors=1)
    assert form["errors"] == {"name": "name_in_use"}


async def test_a_name_of_a_door_is_given_once(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    """Whoever says or reads a name means one door, of whichever terminal."""
    devices = dr.async_get(hass)
    device = devices.async_get_child_device_by_identifier((DOMAIN, f"{CONTROLLER}_door2"), entry.entry_id)
    assert device is not None
    devices.async_update_child_device(device.id, name_by_user="Side door")
    form = await add(hass, entry)
    form = await submit_terminal(hass, form, serial=STRANGER, name="side DOOR", doors=1)
    assert form["errors"] == {"name": "name_in_use"}
    form = await submit_terminal(hass, form, serial=STRANGER, name="Gate", doors=4)
    form = await submit_terminal(hass, form, door_1="Front door", door_2="SIDE  door", door_3="gate", door_4="Yard")
    assert form["errors"] == dict.fromkeys(("door_1", "door_2", "door_3"), "name_in_use")
    result = await submit_terminal(hass, form, door_1="Door 1", door_4="Yard")
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_adding_needs_a_running_listener(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    result = await add(hass, entry)
    assert result["reason"] == "entry_not_loaded"


async def test_a_terminal_is_changed_live(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    subentry_id = hub.terminals[CONTROLLER].subentry_id
    form = await settings_form(hass, entry, subentry_id)
    assert form["step_id"] == "settings"
    form = await submit_terminal(hass, form, name="Depot", doors=2, hold_open=True)
    assert form["errors"] == {"hold_open": "hold_open_needs_one_door"}
    form = await submit_terminal(hass, form, name="Depot", doors=2, granted_text="x" * 126, refused_text="x" * 126)
    assert form["errors"] == {"granted_text": "text_too_long", "refused_text": "text_too_long"}
    form = await submit_terminal(hass, form, name="front door", doors=1)
    assert form["errors"] == {"name": "name_in_use"}
    result = await submit_terminal(
        hass, form, name="Depot", doors=1, hold_open=True, refused_text="No", server_approval="grant"
    )
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data is hub  # no reload
    changed = entry.subentries[subentry_id]
    assert changed.title == "Depot"
    assert changed.data == {
        "serial": CONTROLLER,
        "doors": 1,
        "hold_open": True,
        "decision_window": 2.0,
        "entry_reader": "none",
        "granted_text": "",
        "network": "",
        "refused_text": "No",
        "server_approval": "grant",
    }
    assert hub.terminals[CONTROLLER].verdicts.approval == "grant"
    assert hub.terminals[CONTROLLER].hold_open
    assert door_devices(hass, entry, "lock.warehouse_door_1") == ["Depot"]
    form = await settings_form(hass, entry, subentry_id)
    await submit_terminal(hass, form, name="Depot", doors=2, hold_open=False)
    await hass.async_block_till_done()
    assert door_devices(hass, entry, "lock.warehouse_door_1", "lock.warehouse_door_2") == ["Door 1", "Door 2"]


def door_devices(hass: HomeAssistant, entry: MockConfigEntry, *locks: str) -> list[str | None]:
    """Return the names of the devices of some locks, which must be all that belong to the controller."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    found = [
        entity.entity_id
        for entity in er.async_entries_for_config_entry(entities, entry.entry_id)
        if entity.domain == "lock" and entity.unique_id.startswith(CONTROLLER)
    ]
    assert found == list(locks)
    names = [devices.async_get(entity.device_id or "") for entity in map(entities.async_get, locks) if entity]
    children = dr.async_child_entries_for_config_entry(devices, entry.entry_id)
    assert len(children) == (0 if len(locks) == 1 else len(locks))
    return [device.name if device else None for device in names]


async def options(hass: HomeAssistant, entry: MockConfigEntry, **answers: Any) -> Any:
    """Answer the dialog of the listener's options."""
    form = await hass.config_entries.options.async_init(entry.entry_id)
    return await hass.config_entries.options.async_configure(form["flow_id"], answers)


async def test_options_apply_live(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    result = await options(hass, entry, live_window=30, keep_days=90)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options == {"live_window": 30, "keep_days": 90}
    assert entry.runtime_data is hub  # no reload
    assert {terminal.clock.live_window for terminal in hub.terminals.values()} == {timedelta(seconds=30)}
    assert hub.nightly.keep_days == 90


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("nonsense", "database_invalid_url"),
        ("oracle://house@db/doors", "database_invalid_url"),
        ("postgresql://house:secret@127.0.0.1:1/doors", "database_unreachable"),
    ],
)
async def test_a_database_that_will_not_do_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, url: str, error: str
) -> None:
    form = await options(hass, entry, live_window=120, keep_days=0, db_url=url)
    assert form["errors"] == {"db_url": error}
    assert entry.options == {}
    assert entry.runtime_data is hub


async def test_another_database_is_opened_and_its_password_not_shown(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    result = await options(hass, entry, live_window=120, keep_days=0, db_url=url)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.runtime_data is not hub  # the listener has started anew
    assert (tmp_path / "elsewhere.db").exists()
    form = await hass.config_entries.options.async_init(entry.entry_id)
    schema = form["data_schema"]
    assert schema is not None
    shown = next(key.description["suggested_value"] for key in schema.schema if key == "db_url")
    assert shown == shown_url(url)
    # What is shown stands for the URL when it comes back unchanged.
    result = await options(hass, entry, live_window=60, keep_days=0, db_url=shown)
    assert entry.options["db_url"] == url
    result = await options(hass, entry, live_window=60, keep_days=0)
    assert result["data"] == {"live_window": 60, "keep_days": 0}
    await hass.async_block_till_done()
    assert "secret" not in shown_url("postgresql://house:secret@db.example/doors")


async def test_a_database_of_a_newer_version_is_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, tmp_path: Path
) -> None:
    path = tmp_path / "newer.db"
    with sqlite3.connect(path) as newer:
        newer.execute("CREATE TABLE meta (name, value)")
        newer.execute("INSERT INTO meta VALUES ('version', '99')")
    newer.close()
    content = path.read_bytes()
    form = await options(hass, entry, live_window=120, keep_days=0, db_url=f"sqlite:///{path}")
    assert form["errors"] == {"db_url": "database_too_new"}
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("url", "drivers"),
    [
        ("mysql://house:secret@127.0.0.1/doors", "mysqlclient / PyMySQL"),
        ("mariadb+pymysql://house:secret@127.0.0.1/doors", "PyMySQL / mysqlclient"),
        ("postgresql://house:secret@127.0.0.1/doors", "psycopg2"),
    ],
)
async def test_the_driver_that_is_missing_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, monkeypatch: pytest.MonkeyPatch, url: str, drivers: str
) -> None:
    for module in ("MySQLdb", "pymysql", "psycopg2"):
        monkeypatch.setitem(sys.modules, module, None)
    form = await options(hass, entry, live_window=120, keep_days=0, db_url=url)
    assert form["errors"] == {"db_url": "database_no_driver"}
    # The frontend fills the placeholders of the form into the text of its errors.
    text = TEXTS["options"]["error"]["database_no_driver"].format(**form["description_placeholders"])
    assert text == f"Home Assistant lacks the driver of this database: {drivers}."
    assert entry.runtime_data is hub


async def test_a_url_that_is_none_can_be_replaced(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, tmp_path: Path
) -> None:
    hass.config_entries.async_update_entry(entry, options={"db_url": "house:secret@nowhere"})
    await hass.async_block_till_done()
    form = await hass.config_entries.options.async_init(entry.entry_id)
    assert form["data_schema"] is not None
    shown = next(key.description["suggested_value"] for key in form["data_schema"].schema if key == "db_url")
    assert shown == "—"
    result = await options(hass, entry, live_window=120, keep_days=0, db_url=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.runtime_data.ledger.health.available


async def test_only_addresses_that_a_terminal_can_be_given_are_offered(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def _source_ips(_: HomeAssistant) -> list[IPv4Address | IPv6Address]:
        return [ip_address("192.0.2.7"), ip_address("fd00::2%0"), ip_address("fe80::1%4"), ip_address("169.254.1.2")]

    monkeypatch.setattr("custom_components.timmy_access.hub.address.async_get_enabled_source_ips", _source_ips)
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["data_schema"] is not None
    assert result["data_schema"].schema["host"].config["options"] == ["0.0.0.0", "192.0.2.7", "fd00::2"]  # noqa: S104
