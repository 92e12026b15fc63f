"""Hours that a terminal tells and that cannot be read are unknown: they are neither shown as none nor written over."""

from typing import Any

import pytest

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from simulator import VirtualTerminal

from ..conftest import FINGER
from .test_actions import act

HOURS = {1: [{"from": "08:00", "to": "12:00"}]}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("dayzone", "never"),
        ("dayzone", [{"day": [{"section": "06:00~07:00"}]}, None]),
        ("weekzone", [{"week": [{"day": 1}, {"day": "x"}]}]),
        ("weekzone", [{"days": [{"day": 1}]}]),
        ("nopentime", [{"day": 1}, {"day": []}]),
    ],
)
async def test_they_stay_as_they_are(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, key: str, told: Any
) -> None:
    finger.machine.access_settings[key] = told
    shown = await act(hass, hub, FINGER, "get_access_settings")
    assert shown is not None
    assert (shown["day_zones"], shown["week_zones"]) == (None, None)
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, hub, FINGER, "set_access_settings", day_zones=HOURS)
    assert error.value.translation_key == "house_hours_not_read"
    assert not [frame for frame in finger.received if frame.get("cmd") == "setdevlock"]
    # What is no table of hours is set all the same.
    await act(hass, hub, FINGER, "set_access_settings", open_delay=7)
    assert finger.machine.access_settings["opendelay"] == 7


@pytest.mark.parametrize(
    "told", [[{"name": "Xmas", "dayzone": "three"}], {"name": "Xmas", "dayzone": [3]}, "never", ["12-25"]]
)
async def test_day_zones_of_holidays_that_cannot_be_read_are_not_written_over(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, told: Any
) -> None:
    finger.machine.holidays = told
    with pytest.raises(ServiceValidationError):
        await act(hass, hub, FINGER, "set_access_settings", week_zones={2: {"mon": HOURS[1]}})
    assert not [frame for frame in finger.received if frame.get("cmd") == "setdevlock"]
    finger.machine.holidays = []
    await act(hass, hub, FINGER, "set_access_settings", week_zones={2: {"mon": HOURS[1]}})


async def test_holidays_that_a_terminal_does_not_have_are_in_nobodys_way(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    finger.faults.unknown = {"getholiday"}
    await act(hass, hub, FINGER, "set_access_settings", week_zones={2: {"mon": HOURS[1]}})
    finger.faults.unknown = set()
    finger.faults.refuse["getholiday"] = {"reason": 1, "msg": "busy"}
    with pytest.raises(ServiceValidationError):
        await act(hass, hub, FINGER, "set_access_settings", week_zones={3: {"mon": [{"from": "09:00", "to": "10:00"}]}})
