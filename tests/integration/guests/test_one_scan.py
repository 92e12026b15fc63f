"""One scan is one decision and one use, and granted is what happened."""

import asyncio
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from websockets.asyncio.client import ClientConnection, connect

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.book import REPEAT_SECONDS
from custom_components.timmy_access.guests.passbook import Passbook
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, LOOPBACK
from ..services.test_actions import act
from ..until import listen, until_event, until_state
from .test_guests import EVENT, make_pass, told, without_window


def uses(hub: Hub) -> list[int]:
    return [held.uses for held in hub.passbook.passes.values()]


async def pass_for_a_door(hass: HomeAssistant, door: int) -> dict[str, Any]:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    children = dr.async_child_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    child = next(child for child in children if (DOMAIN, f"{CONTROLLER}_door{door}") in child.identifiers)
    data = {"device_id": child.id, "name": "Courier", "max_uses": 1}
    made = await hass.services.async_call(DOMAIN, "create_pass", data, blocking=True, return_response=True)
    assert made is not None
    return dict(made)


async def scan(controller: VirtualTerminal, code: str) -> dict[str, Any]:
    """Scan as nobody's door: the simulator opens one when it is told to."""
    received = len(controller.received)
    await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": code})
    return await controller.wait_received("sendqrcode", after=received)


async def dial(port: int) -> ClientConnection:
    peer = await connect(f"ws://{LOOPBACK}:{port}/", compression=None)
    await peer.send(json.dumps({"cmd": "reg", "sn": FACE}))
    while json.loads(await peer.recv()).get("ret") != "reg":
        pass
    return peer


async def answers(peer: ClientConnection, word: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            frame = json.loads(await peer.recv())
            if frame.get("ret") == word:
                found.append(frame)
            elif "cmd" in frame:
                await peer.send(json.dumps({"ret": frame["cmd"], "result": True}))
    return found


async def test_a_code_that_is_held_to_the_reader_is_one_use(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    heard = listen(hass, EVENT)
    made = await make_pass(hass, hub, max_uses=1)
    without_window(hub)
    assert [(await face.scan_qr(made["code"]))["access"] for _ in range(3)] == [1, 1, 1]
    await hass.async_block_till_done(wait_background_tasks=True)
    assert uses(hub) == [1]
    assert told(heard) == [("granted", None)]
    freezer.tick(REPEAT_SECONDS)
    assert (await face.scan_qr(made["code"]))["access"] == 0


async def test_a_code_that_is_held_to_the_reader_does_not_outlive_its_pass(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub)
    without_window(hub)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await act(hass, hub, FACE, "revoke_pass", pass_id=made["pass_id"])
    assert (await face.scan_qr(made["code"]))["access"] == 0


async def test_what_is_asked_again_before_the_answer_gets_one(hass: HomeAssistant, hub: Hub, port: int) -> None:
    made = await make_pass(hass, hub, max_uses=1)
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.2})
    peer = await dial(port)
    for code in ("SOMETHING ELSE", "SOMETHING ELSE", made["code"], "LAST"):
        await peer.send(json.dumps({"cmd": "sendqrcode", "sn": FACE, "record": code}))
    assert sorted(answer["access"] for answer in await answers(peer, "sendqrcode", 3)) == [0, 0, 1]
    await peer.close()


async def test_an_answer_that_is_lost_has_let_in_nobody(
    hass: HomeAssistant, hub: Hub, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks while the use is written: the guest scans again, later, and is let in."""
    heard = listen(hass, EVENT)
    made = await make_pass(hass, hub, max_uses=1)
    without_window(hub)
    peer = await dial(port)
    session = hub.terminals[FACE].session
    look_up = Passbook.async_look_up

    def and_break(self: Passbook, *arguments: Any, **how: Any) -> Any:
        peer.transport.abort()
        assert session is not None
        session.reset()
        return look_up(self, *arguments, **how)

    with monkeypatch.context() as patched:
        patched.setattr(Passbook, "async_look_up", and_break)
        await peer.send(json.dumps({"cmd": "sendqrcode", "sn": FACE, "record": made["code"]}))
        await peer.wait_closed()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert uses(hub) == [0]
    assert ("granted", None) not in told(heard)
    assert await hub.passbook.async_uses(made["pass_id"]) == ()
    again = await dial(port)
    await again.send(json.dumps({"cmd": "sendqrcode", "sn": FACE, "record": made["code"]}))
    assert [answer["access"] for answer in await answers(again, "sendqrcode", 1)] == [1]
    await again.close()


async def test_a_door_that_does_not_open_has_let_in_nobody(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    heard = listen(hass, EVENT)
    made = await pass_for_a_door(hass, 2)
    controller.faults.refuse["opendoor"] = {"reason": 1, "msg": "busy"}
    reply = await scan(controller, made["code"])
    assert (reply["access"], reply["message"]) == (0, "Ask at the desk")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert uses(hub) == [0]
    assert told(heard) == [("failed", "door_failed")]
    controller.faults.refuse.clear()
    reply = await scan(controller, made["code"])
    assert (reply["access"], reply["message"]) == (0, "Welcome Courier")
    assert [number for number, door in controller.doors.items() if door.openings] == [2]
    assert uses(hub) == [1]


async def test_a_door_that_may_have_opened_keeps_the_use_counted(
    hass: HomeAssistant, hub: Hub, controller: VirtualTerminal
) -> None:
    """The terminal opens and does not say so: the guest may be inside, and the pass was for once."""
    heard = listen(hass, EVENT)
    made = await pass_for_a_door(hass, 2)
    controller.faults.silent.add("opendoor")
    failed = asyncio.create_task(until_event(hass, lambda event: event.data.get("type") == "code"))
    await controller.send({"cmd": "sendqrcode", "sn": CONTROLLER, "record": made["code"]})
    await failed
    assert told(heard) == [("failed", "door_failed")]
    assert uses(hub) == [1]
    controller.faults.silent.clear()
    await until_state(hass, "lock.warehouse_door_2", "locked")
    assert (await scan(controller, made["code"]))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard)[-1] == ("refused", "used_up")


async def test_a_door_that_is_no_longer_there_is_not_opened(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, controller: VirtualTerminal
) -> None:
    heard = listen(hass, EVENT)
    made = await pass_for_a_door(hass, 4)
    without_window(hub, CONTROLLER)
    subentry = entry.subentries[hub.terminals[CONTROLLER].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "doors": 2, "decision_window": 0})
    await hass.async_block_till_done()
    assert (await scan(controller, made["code"]))["access"] == 0
    await hass.async_block_till_done(wait_background_tasks=True)
    assert told(heard) == [("refused", "wrong_door")]
    assert [door.openings for door in controller.doors.values()] == [0, 0, 0, 0]


async def test_wrong_qr_codes_keep_out_nobody(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub, with_pin=True)
    without_window(hub)
    for _ in range(30):
        assert (await face.scan_qr("https://example.org/menu"))["access"] == 0
    assert (await face.scan_qr(made["code"]))["access"] == 1
    assert (await face.enter_pin(made["pin"]))["access"] == 1
