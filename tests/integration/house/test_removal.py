"""A listener that is removed takes the people of its house along, and nobody else's."""

from datetime import UTC, datetime

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.forgetting import async_forget_house
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Cause, HouseChange, HouseItem, HouseKind, Ledger, LedgerUnavailable
from custom_components.timmy_access.records.ledgers import async_acquire, async_release
from homeassistant.core import HomeAssistant


async def test_people_go_with_their_listener_and_no_others(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.timmy_access.house.forgetting.STEP", 2)
    arrivals = [
        Arrival(person=HousePerson(person_id=f"p{number}", name=f"Person {number}", enroll_id=number))
        for number in range(1, 6)
    ]
    await hub.house.async_add(arrivals, None)
    other = HouseItem(kind=HouseKind.PERSON, key=("q1",), document={"name": "Somebody else's"})
    change = HouseChange(changed_at=datetime(2026, 1, 1, tzinfo=UTC), person_id="q1", document={"did": "added"})
    await hub.ledger.keep_house("another", [other], [change])
    assert len(await hub.ledger.house(entry.entry_id)) == 5
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    ledger = await async_acquire(hass, None)
    try:
        assert await ledger.house(entry.entry_id) == ()
        assert (await ledger.house_changes(entry.entry_id)).changes == ()
        assert await ledger.house("another") == (other,)
        assert len((await ledger.house_changes("another")).changes) == 1
    finally:
        await async_release(hass, ledger)


async def test_a_database_that_is_away_keeps_no_listener_from_being_removed(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def _away(*_: object) -> None:
        raise LedgerUnavailable(Cause.UNREACHABLE)

    monkeypatch.setattr(Ledger, "house", _away)
    with pytest.raises(LedgerUnavailable):
        await async_forget_house(hub.ledger, entry.entry_id)
    assert await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(entry.domain) == []
    assert "stay in the database" in caplog.text
