"""The house in three numbers, on a device of the listener."""

from datetime import timedelta

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access import async_remove_config_entry_device
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.changes import with_terminal
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.settling import Choice
from custom_components.timmy_access.house.taking_over import Permitted, Present
from custom_components.timmy_access.hub.agreements import async_agreement, listed
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER
from ..until import state_of

PEOPLE = "sensor.timmy_access_people"
DIFFERENCES = "sensor.timmy_access_differences"
WAITING = "sensor.timmy_access_waiting_changes"


async def looked(hass: HomeAssistant) -> list[str]:
    """Return what is shown once everything has been compared."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
    await hass.async_block_till_done(wait_background_tasks=True)
    return [state_of(hass, entity_id).state for entity_id in (PEOPLE, DIFFERENCES, WAITING)]


async def test_what_is_different_is_counted_until_it_is_decided(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    assert await looked(hass) == ["0", "0", "0"]
    front = hub.terminals[FACE]
    await front.async_refresh_people(all_names=True)
    people = listed(front).people
    present = Present(
        serial=FACE,
        name="Front door",
        doors=frozenset({1}),
        people=people,
        permitted=dict.fromkeys(people, Permitted(always=True)),
    )
    await hub.house.async_take_over(hub.house.preview(present), "Front door", None)
    assert (await looked(hass))[:2] == ["1", "0"]
    face.add_user(User(enrollid=7, name="Made at the keypad"))
    await front.async_refresh_people(all_names=True)
    assert (await looked(hass))[:2] == ["1", "1"]
    await hub.house.async_settle(
        tuple((await async_agreement(hass, hub.house, front)).differences.values()), Choice.LEAVE, frozenset(), None
    )
    assert (await looked(hass))[:2] == ["1", "0"]
    await hub.house.async_observe(FACE, "Front door", None)
    assert await looked(hass) == ["1", "0", "0"]


async def test_a_terminal_that_is_away_makes_changes_wait(hass: HomeAssistant, hub: Hub) -> None:
    await hub.house.async_add([Arrival(person=HousePerson(person_id="z", name="Zoe", enroll_id=9))], None)
    await hub.house.keeper.async_change(lambda house: with_terminal(house, FINGER, kept=True))
    await hub.house.async_remove("z", None)
    assert await looked(hass) == ["0", "0", "1"]
    hub.house.keeper.async_bury(FINGER, 9)
    assert await looked(hass) == ["0", "0", "0"]


@pytest.mark.usefixtures("hub")
async def test_the_device_stays_while_the_listener_does(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, entry.entry_id), entry.entry_id)
    assert device is not None
    assert device.entry_type is dr.DeviceEntryType.SERVICE
    assert not await async_remove_config_entry_device(hass, entry, device)


async def test_nothing_is_claimed_of_a_house_that_is_not_known(hass: HomeAssistant, hub: Hub) -> None:
    hub.house.keeper.is_known = False
    await hub.caretaker.watch.async_look()
    assert [state_of(hass, entity_id).state for entity_id in (PEOPLE, DIFFERENCES, WAITING)] == ["unavailable"] * 3
    hub.house.keeper.is_known = True
