"""What was true when somebody asked for a door, and is not any more when it would move."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.commands import GetSettings
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE
from ..guests.test_guests import EVENT, asking, door_of, make_pass, passes, without_window
from ..guests.test_who_is_let_in import answer, owner_chose, punch
from ..services.test_actions import act
from ..until import listen

__all__ = ["asking"]  # a fixture


def have_doors(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, serial: str, doors: int) -> None:
    subentry = entry.subentries[hub.terminals[serial].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "doors": doors})


def moved(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    return [frame for frame in terminal.received if frame.get("cmd") in ("lockctrl", "opendoor")]


@asynccontextmanager
async def occupied(hass: HomeAssistant, hub: Hub, terminal: VirtualTerminal) -> AsyncGenerator[None]:
    """Have a question before the doors, which is answered when the block ends."""
    terminal.faults.silent.add("getdevinfo")
    received = len(terminal.received)
    blocking = hass.async_create_task(hub.terminals[terminal.serial].async_request(GetSettings()))
    await terminal.wait_received("getdevinfo", after=received)
    yield
    await terminal.send({"ret": "getdevinfo", "result": True})
    await blocking


async def test_a_door_that_is_taken_away_while_it_waits_is_not_opened(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: VirtualTerminal
) -> None:
    async with occupied(hass, hub, controller):
        opening = hass.async_create_task(act(hass, hub, CONTROLLER, "open_door", door=4))
        await asyncio.sleep(0)
        have_doors(hass, entry, hub, CONTROLLER, 2)
    with pytest.raises(HomeAssistantError) as raised:
        await opening
    assert raised.value.translation_key == "door_unknown"
    assert moved(controller) == []


async def test_a_pass_whose_door_is_taken_away_while_it_waits_opens_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: VirtualTerminal
) -> None:
    made = await hass.services.async_call(
        "timmy_access",
        "create_pass",
        {"device_id": [door_of(hass, 4)], "name": "Courier", "max_uses": 1},
        blocking=True,
        return_response=True,
    )
    assert made is not None
    received = len(controller.received)
    async with occupied(hass, hub, controller):
        await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": made["code"]})
        await controller.send({"cmd": "checklive", "sn": CONTROLLER})
        await controller.wait_received("checklive", after=received)  # so the scan is being decided about
        have_doors(hass, entry, hub, CONTROLLER, 2)
    assert (await controller.wait_received("sendqrcode", after=received))["access"] == 0
    assert moved(controller) == []
    (held,) = await passes(hass, hub, CONTROLLER)
    assert held["uses"] == 0


async def test_the_pass_of_somebody_who_is_disabled_while_its_door_waits_opens_nothing(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    made = await hass.services.async_call(
        "timmy_access",
        "create_pass",
        {"device_id": [door_of(hass, 4)], "name": "Courier", "enroll_id": 7},
        blocking=True,
        return_response=True,
    )
    assert made is not None
    received = len(controller.received)
    async with occupied(hass, hub, controller):
        await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": made["code"]})
        await controller.send({"cmd": "checklive", "sn": CONTROLLER})
        await controller.wait_received("checklive", after=received)  # so the scan is being decided about
        hub.terminals[CONTROLLER].roster.async_note(7, enabled=False)
    assert (await controller.wait_received("sendqrcode", after=received))["access"] == 0
    assert moved(controller) == []


@pytest.mark.parametrize("function", ["hold_open", "hold_closed"])
async def test_no_command_without_a_number_is_sent_to_what_has_become_several_doors(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal, function: str
) -> None:
    async with occupied(hass, hub, face):
        holding = hass.async_create_task(act(hass, hub, FACE, "control_door", function=function))
        await asyncio.sleep(0)
        have_doors(hass, entry, hub, FACE, 2)
    with pytest.raises(HomeAssistantError) as raised:
        await holding
    assert raised.value.translation_key == "needs_one_door"
    assert moved(face) == []


async def test_a_door_does_not_move_when_a_second_one_claims_the_seat_meanwhile(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    async with occupied(hass, hub, face):
        opening = hass.async_create_task(act(hass, hub, FACE, "open_door", door=1))
        await asyncio.sleep(0)
        contested(hub)
    with pytest.raises(HomeAssistantError) as raised:
        await opening
    assert raised.value.translation_key == "seat_contested"
    assert moved(face) == []


def contested(hub: Hub) -> None:
    contest = hub.terminals[FACE].contest
    contest.async_taken()
    contest.async_claimed()


async def test_nobody_is_let_in_at_a_seat_that_two_claim(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    """Nor is it told, or automations would act on who may be somebody else."""
    made = await make_pass(hass, hub, with_pin=True, max_uses=1)
    owner_chose(hub, "grant")
    contested(hub)
    heard = listen(hass, EVENT)
    assert (await asking.scan_qr(made["code"]))["access"] == 0
    assert (await asking.enter_pin(made["pin"]))["access"] == 0
    assert not (await answer(asking, punch(1))).get("access")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data for event in heard] == []
    hub.terminals[FACE].contest.async_end()
    without_window(hub)
    assert (await asking.scan_qr(made["code"]))["access"] == 1


async def test_nobody_is_let_in_whose_seat_a_second_one_claims_while_that_is_decided(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    owner_chose(hub, "refuse", window=4)
    heard = listen(hass, EVENT)

    @callback
    def reply(event: Event) -> None:
        if event.data.get("kind") == "scanned":
            contested(hub)
            data = {"device_id": event.data["device_id"], "request_id": event.data["request_id"], "access": True}
            hass.async_create_task(hass.services.async_call("timmy_access", "reply_access", data, blocking=True))

    hass.bus.async_listen(EVENT, reply)
    assert (await answer(asking, punch(1)))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    kinds = [event.data["kind"] for event in heard if event.data["type"] == "code"]
    assert kinds == ["scanned", "failed"]
