"""Somebody guesses PINs, by whichever way they may be told."""

import asyncio

from custom_components.timmy_access.guests.tries import MAX_WRONG
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.lane import MAX_QUESTIONS
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import FACE
from ..until import listen, until_event
from .test_guests import EVENT, make_pass, told, without_window


def guess(number: int) -> str:
    return f"{number:08}"


async def test_a_pin_in_a_picture_opens_nothing(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """Pictures are not counted, so that whoever has a phone could try all PINs."""
    without_window(hub)
    made = await make_pass(hass, hub, with_pin=True)
    assert (await face.scan_qr(made["pin"]))["access"] == 0
    assert (await face.enter_pin(made["pin"]))["access"] == 1
    assert (await face.scan_qr(made["pin"]))["access"] == 0  # nor where it was typed just now
    assert (await face.enter_pin(made["code"]))["access"] == 1


async def test_a_guess_counts_though_its_terminal_does_not_wait(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    """A right PIN is answered at once; so whoever hears nothing could hang up before an automation has been asked."""
    made = await make_pass(hass, hub, with_pin=True)
    heard = listen(hass, EVENT)
    for number in range(MAX_WRONG):
        asked = hass.async_create_task(until_event(hass, lambda event: event.data.get("kind") == "scanned"))
        await face.send({"cmd": "sendpin", "sn": FACE, "pin": guess(number)})
        await asked
        await face.drop()
        await face.wait_registered()
    assert hub.terminals[FACE].verdicts.tries.is_paused
    assert (await face.enter_pin(made["pin"]))["access"] == 0
    await hass.async_block_till_done()
    assert told(heard).count(("blocked", "too_many_tries")) == 1


async def test_of_many_pins_at_once_so_many_are_looked_at_as_may_be_wrong(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await make_pass(hass, hub, with_pin=True)
    for _ in range(MAX_WRONG - 1):
        hub.terminals[FACE].verdicts.tries.async_note_wrong(1)
    heard = listen(hass, EVENT)
    asked = hass.async_create_task(until_event(hass, lambda event: event.data.get("kind") == "scanned"))
    await asyncio.gather(
        *(face.send({"cmd": "sendpin", "sn": FACE, "pin": guess(number)}) for number in range(MAX_QUESTIONS - 1))
    )
    await asked
    assert (await face.enter_pin(made["pin"]))["access"] == 0
    await hass.async_block_till_done()
    assert told(heard) == [("scanned", "unknown")]
