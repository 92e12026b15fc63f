"""The roll call of a house: who is inside, by name, and who has been found safe."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun import freeze_time
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError
from simulator import User, VirtualTerminal

from ..conftest import ADA, FACE, FINGER, reload
from ..house.test_actions import ask
from ..panel.told import performed, told
from ..terminal.test_moments import record, report
from ..until import until_state
from .test_occupancy import IN, OUT, SENSOR, choose

OFFICE = "sensor.office_people_inside"


@pytest.fixture
async def counting(hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal whose second reader is outside, with people the listener knows by name."""
    for enroll_id, name in ((2, "Grace"), (3, "Alan")):
        face.add_user(User(enrollid=enroll_id, name=name))
        entry.runtime_data.terminals[FACE].roster.async_note(enroll_id, name=name)
    choose(hass, entry, entry_reader="second")
    await until_state(hass, SENSOR, "0")
    return face


async def names(hass: HomeAssistant, **which: Any) -> list[str]:
    found = (await ask(hass, "get_roll_call"))["people"]
    return [one["name"] for one in found if all(one[key] == value for key, value in which.items())]


@pytest.mark.usefixtures("hub")
async def test_that_nobody_is_counted_does_not_mean_that_nobody_is_inside(hass: HomeAssistant) -> None:
    asked: dict[str, dict[str, Any]] = {"get_roll_call": {}, "mark_safe": {"enroll_id": 1}}
    for action, data in asked.items():
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, action, **data)
        assert caught.value.translation_key == "roll_call_not_counted"


async def test_sensor_and_roll_call_are_one_truth_at_all_doors(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, counting: VirtualTerminal, finger: VirtualTerminal
) -> None:
    (office,) = [one for one in entry.subentries.values() if one.unique_id == FINGER]
    hass.config_entries.async_update_subentry(entry, office, data={**office.data, "entry_reader": "main"})
    await until_state(hass, OFFICE, "0")
    hub.terminals[FINGER].roster.async_note(2, name="Grace")
    counting.punch(2, inout=IN)
    counting.punch(3, inout=IN)
    await until_state(hass, SENSOR, "2")
    answer = await ask(hass, "get_roll_call")
    alan, grace = answer["people"]
    assert (alan["name"], grace["name"], answer["inside"], answer["uncertain"]) == ("Alan", "Grace", 2, [])
    assert (grace["enroll_id"], grace["terminal"], grace["inside"], grace["safe"]) == (2, "Front door", True, False)
    assert abs(dt_util.utcnow() - dt_util.parse_datetime(grace["since"], raise_on_error=True)) < timedelta(minutes=1)
    # She leaves by the other door.
    await report(finger, record(enrollid=2, inout=1, time=(dt_util.now() + timedelta(seconds=2)).strftime("%F %T")))
    await until_state(hass, SENSOR, "1")
    assert await names(hass) == ["Alan"]
    await finger.stop()
    await until_state(hass, "binary_sensor.office_connectivity", "off")
    assert (await ask(hass, "get_roll_call"))["uncertain"] == ["Office"]


async def test_whoever_came_in_and_went_while_the_terminal_was_away(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    """Over a restart, and in the order in which it happened."""
    now = dt_util.now()
    await report(counting, record(enrollid=2, inout=IN))
    await until_state(hass, SENSOR, "1")
    past = [
        record(enrollid=3, inout=OUT, time=(now - timedelta(hours=1)).strftime("%F %T")),
        record(enrollid=3, inout=IN, time=(now - timedelta(hours=2)).strftime("%F %T")),
        record(enrollid=1, inout=IN, time=(now - timedelta(hours=3)).strftime("%F %T")),
        record(enrollid=2, inout=OUT, time=(now - timedelta(hours=4)).strftime("%F %T")),
    ]
    await report(counting, *past, index=1)
    again = await reload(hass, entry, counting)
    await until_state(hass, SENSOR, "2")
    assert {one.enroll_id for one in again.roll_call.inside.values()} == {1, 2}


async def test_an_hour_at_which_everybody_is_gone(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    with freeze_time(dt_util.now().replace(hour=22, minute=0), tick=True) as clock:
        await report(counting, record(enrollid=2, inout=IN))
        await until_state(hass, SENSOR, "1")
        hass.config_entries.async_update_entry(entry, options={"everybody_gone_at": "03:00:00"})
        await hass.async_block_till_done()
        clock.move_to(dt_util.now() + timedelta(hours=4))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert await names(hass) == ["Grace"]  # over midnight
        clock.move_to(dt_util.now() + timedelta(hours=2))
        async_fire_time_changed(hass)
        await until_state(hass, SENSOR, "0")
        assert await names(hass) == []


async def test_ticks_outlive_a_restart_and_end_with_the_roll_call(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal, hass_admin_user: MockUser
) -> None:
    counting.punch(2, inout=IN)
    counting.punch(3, inout=IN)
    await until_state(hass, SENSOR, "2")
    await ask(hass, "mark_safe", enroll_id=2, context=Context(user_id=hass_admin_user.id))
    await ask(hass, "mark_safe", enroll_id=3)
    await ask(hass, "mark_safe", enroll_id=3, safe=False)
    await reload(hass, entry, counting)
    await until_state(hass, SENSOR, "2")
    assert (await names(hass, safe=True), await names(hass, safe=False)) == (["Grace"], ["Alan"])
    answer = await ask(hass, "get_roll_call")
    assert answer["begun"] is not None
    assert answer["people"][1]["safe_by"] == hass_admin_user.name
    # Who comes in meanwhile is on the list, and who goes out stays there.
    counting.punch(1, inout=IN)
    await until_state(hass, SENSOR, "3")
    await report(counting, record(enrollid=3, inout=OUT, time=(dt_util.now() + timedelta(seconds=2)).strftime("%F %T")))
    await until_state(hass, SENSOR, "2")
    assert (await names(hass), await names(hass, inside=False)) == ([ADA, "Alan", "Grace"], ["Alan"])
    await ask(hass, "end_roll_call")
    assert (await names(hass), await names(hass, safe=True)) == ([ADA, "Grace"], [])
    await reload(hass, entry, counting)
    assert (await ask(hass, "get_roll_call"))["begun"] is None


def soon(seconds: int) -> str:
    return (dt_util.now() + timedelta(seconds=seconds)).strftime("%F %T")


async def test_who_has_come_and_gone_while_it_is_taken_stays_on_the_list_over_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    await report(counting, record(enrollid=2, inout=IN))
    await until_state(hass, SENSOR, "1")
    await ask(hass, "mark_safe", enroll_id=2)
    await report(counting, record(enrollid=3, inout=IN), index=3)
    await until_state(hass, SENSOR, "2")
    await report(counting, record(enrollid=3, inout=OUT, time=soon(2)), index=1)
    await until_state(hass, SENSOR, "1")
    await reload(hass, entry, counting)
    await until_state(hass, SENSOR, "1")
    assert (await names(hass), await names(hass, safe=False, inside=False)) == (["Alan", "Grace"], ["Alan"])


async def test_who_comes_in_again_after_they_were_found_is_to_be_found_again(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    await report(counting, record(enrollid=2, inout=IN), record(enrollid=3, inout=IN))
    await until_state(hass, SENSOR, "2")
    for enroll_id in (2, 3):
        await ask(hass, "mark_safe", enroll_id=enroll_id)
    await report(counting, record(enrollid=2, inout=OUT, time=soon(2)), index=1)
    await until_state(hass, SENSOR, "1")
    assert await names(hass, safe=True) == ["Alan", "Grace"]
    await report(counting, record(enrollid=2, inout=IN, time=soon(3)), index=2)
    await until_state(hass, SENSOR, "2")
    assert (await names(hass, safe=True), await names(hass, safe=False)) == (["Alan"], ["Grace"])
    # A record of before that comes late takes back no tick.
    await report(counting, record(enrollid=3, inout=IN, time=soon(-60)), index=3)
    assert await names(hass, safe=True) == ["Alan"]
    await reload(hass, entry, counting)
    assert await names(hass, safe=True) == ["Alan"]


async def test_a_tick_that_no_disk_takes_is_told_and_holds(
    hass: HomeAssistant, entry: MockConfigEntry, counting: VirtualTerminal
) -> None:
    counting.punch(2, inout=IN)
    await until_state(hass, SENSOR, "1")
    with (
        patch.object(Store, "_async_write_data", side_effect=WriteError("disk full")),
        pytest.raises(HomeAssistantError) as told,
    ):
        await ask(hass, "mark_safe", enroll_id=2)
    assert told.value.translation_key == "roll_call_not_written"
    assert await names(hass, safe=True) == ["Grace"]
    await ask(hass, "mark_safe", enroll_id=2)
    with patch.object(Store, "async_remove", side_effect=PermissionError), pytest.raises(HomeAssistantError) as told:
        await ask(hass, "end_roll_call")
    assert told.value.translation_key == "roll_call_not_written"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"enroll_id": 9}, "roll_call_nobody"),
        ({"enroll_id": 2, "name": "Alan"}, "roll_call_nobody"),
        ({"enroll_id": 2}, "roll_call_several"),
    ],
)
async def test_who_is_not_meant_is_not_ticked(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal, data: dict[str, Any], key: str
) -> None:
    await report(counting, record(enrollid=2, inout=IN), record(enrollid=2, inout=IN, mode=3, name="Bruno"))
    await until_state(hass, SENSOR, "2")
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "mark_safe", **data)
    assert caught.value.translation_key == key
    assert hub.muster.sheet is None
    await ask(hass, "mark_safe", enroll_id=2, name="BRUNO", terminal="Front door")
    assert await names(hass, safe=True) == ["Bruno"]


async def test_a_browser_is_told_who_is_inside(
    hass: HomeAssistant, hub: Hub, counting: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    browser, client = await hass_ws_client(hass), await hass_ws_client(hass)
    await browser.send_json_auto_id({"type": "timmy_access/panel/inside", "data": {}})
    assert (await told(browser))["inside"] == 0
    counting.punch(2, inout=IN)
    (grace,) = (await told(browser, lambda news: news["inside"] == 1))["people"]
    assert (grace["name"], grace["safe"]) == ("Grace", False)
    await performed(client, "mark_safe", enroll_id=2, name="Grace", terminal="Front door")
    assert (await told(browser, lambda news: news["people"][0]["safe"]))["begun"] is not None
    await counting.stop()
    assert (await told(browser, lambda news: news["uncertain"]))["uncertain"] == ["Front door"]
