"""What opens a door is in no trace of an automation or script, unless somebody asks for it there."""

import json
import os
from typing import Any

import pytest

from custom_components.timmy_access.guests.pictures import PASSES
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components.trace.const import DATA_TRACE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..conftest import FACE
from ..until import listen
from .test_guests import make_pass, passes

SECRETS = {"code", "pin", "png", "svg"}


async def run(hass: HomeAssistant, hub: Hub, trace: dict[str, int] | None = None, **data: Any) -> dict[str, Any]:
    """Make a pass in a script, and return what the script got to know of it."""
    make = {
        "action": "timmy_access.create_pass",
        "data": {"device_id": hub.terminals[FACE].device_id, "name": "Traced", **data},
        "response_variable": "made",
    }
    script: dict[str, Any] = {"sequence": [make, {"event": "made", "event_data": {"made": "{{ made }}"}}]}
    if trace is not None:
        script["trace"] = trace
    assert await async_setup_component(hass, "script", {"script": {"make": script}})
    heard = listen(hass, "made")
    await hass.services.async_call("script", "make", blocking=True)
    (event,) = heard
    made: dict[str, Any] = event.data["made"]
    return made


def traced(hass: HomeAssistant) -> str:
    """Return all that traces hold."""
    buckets = hass.data[DATA_TRACE].values()
    return json.dumps([trace.as_extended_dict() for kept in buckets for trace in kept.runs.values()], default=str)


async def test_a_script_gets_the_picture_file_and_no_secret(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await run(hass, hub, filename="guest.png")
    assert made.keys() == {"pass_id", "name", "share_text", "file"}
    assert os.path.exists(str(made["file"]))  # noqa: PTH110, ASYNC240 - of a test
    assert "Traced" in traced(hass)
    assert not SECRETS & set(traced(hass).split('"'))


@pytest.mark.parametrize("data", [{}, {"with_pin": True}, {"with_pin": True, "filename": "guest.png"}])
async def test_no_pass_is_made_of_which_nobody_gets_to_know(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, data: dict[str, Any]
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await run(hass, hub, **data)
    assert refused.value.translation_key == "pass_told_nobody"
    assert await passes(hass, hub) == []
    assert not os.path.exists(PASSES.path(hass, "guest.png"))  # noqa: PTH110, ASYNC240 - as above
    with pytest.raises(HomeAssistantError):
        await make_pass(hass, hub, include_secrets=False, **data)


async def test_a_script_that_asks_gets_all_and_may_leave_no_trace(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    made = await run(hass, hub, {"stored_traces": 0}, with_pin=True, include_secrets=True)
    assert made.keys() >= SECRETS
    assert str(made["pin"]) in made["share_text"]
    assert made["code"] not in traced(hass)
    assert (await face.scan_qr(made["code"]))["access"] == 1


async def test_whoever_asks_in_person_gets_all(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    assert (await make_pass(hass, hub, with_pin=True)).keys() >= SECRETS


async def test_whoever_asks_in_person_may_do_without(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    made = await make_pass(hass, hub, include_secrets=False, filename="guest.png")
    assert not SECRETS & made.keys()
