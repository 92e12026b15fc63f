"""What an administrator's browser is told of working hours."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.const import CONF_DAY_BEGINS, DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import ADA, FINGER
from ..records.test_hours import DAY, local, told
from .told import asked, performed

MONTH = f"{DAY:%Y-%m}"


async def answered(client: MockHAClientWebSocket, command: str, **data: Any) -> dict[str, Any]:
    answer = await asked(client, command, **data)
    assert answer["success"], answer
    return answer["result"]  # type: ignore[no-any-return]


async def sheet(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return the day of the month of Ada that has punches."""
    days = (await answered(client, "hours_sheet", month=MONTH, enroll_id=1, person=ADA))["days"]
    [day] = [day for day in days if day["day"] == DAY.isoformat()]
    return day  # type: ignore[no-any-return]


async def test_everybody_has_a_sum_and_what_is_not_known(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await told(finger, local(8), local(12), local(13), local(16, 30))
    await told(finger, local(8), enroll_id=2)
    client = await hass_ws_client(hass)
    found = await answered(client, "hours", month=MONTH)
    assert (found["month"], found["day_begins"]) == (MONTH, 0)
    ada, other = sorted(found["people"], key=lambda one: one["enroll_id"])
    assert ada == {
        "enroll_id": 1,
        "person": ADA,
        "days": 1,
        "seconds": 27_000,
        "unknown": 0,
        "running": False,
        "corrected": 0,
    }
    assert (other["seconds"], other["unknown"]) == (0, 1)
    assert (await answered(client, "hours", month="2001-02"))["people"] == []
    assert (await answered(client, "hours"))["month"] == f"{hub.workdays.today():%Y-%m}"


async def test_a_sheet_has_every_punch_and_what_was_put_right(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await told(finger, local(8), local(12), local(17))
    client = await hass_ws_client(hass)
    day = await sheet(client)
    assert (day["standing"], day["seconds"], day["times"], len(day["punches"])) == ("missing", None, [], 3)
    data = {"device_id": hub.terminals[FINGER].device_id, "reason": "Forgot"}
    answer = await performed(client, "add_punch", **data, enroll_id=1, at=local(13).isoformat())
    assert answer["success"], answer
    day = await sheet(client)
    assert (day["standing"], day["seconds"]) == ("complete", 8 * 3600)
    added = day["punches"][2]
    assert (added["record_id"], added["counts"], added["correction"]["reason"]) == (None, True, "Forgot")
    assert added["correction"]["by"]
    [one] = (await answered(client, "hours", month=MONTH))["people"]
    assert (one["corrected"], one["unknown"]) == (1, 0)
    answer = await performed(client, "leave_out_record", **data, record_id=day["punches"][1]["record_id"])
    assert answer["success"], answer
    day = await sheet(client)
    assert [punch["counts"] for punch in day["punches"]] == [True, False, True, True]
    assert day["standing"] == "missing"


async def test_a_sheet_is_of_one_name(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await told(finger, local(8))
    client = await hass_ws_client(hass)
    assert (await answered(client, "hours_sheet", month=MONTH, enroll_id=1, person="Somebody else"))["days"] == []


async def test_the_hour_at_which_a_day_begins_is_told(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    entry = hass.config_entries.async_entries(DOMAIN)[0]
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_DAY_BEGINS: 12})
    client = await hass_ws_client(hass)
    assert (await answered(client, "hours"))["day_begins"] == 12


@pytest.mark.parametrize("month", ["2026", "2026-13", "0001-01", "9999-12", "x", 5])
async def test_a_month_that_is_none_is_refused(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator, month: object
) -> None:
    answer = await asked(await hass_ws_client(hass), "hours", month=month)
    assert answer["error"]["translation_key"] == "panel_field_invalid"
    assert answer["error"]["translation_placeholders"]["field"] == "month"
