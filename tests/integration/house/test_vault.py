"""What is in the vault opens in its place alone, with its key, and is never shown."""

from collections.abc import AsyncGenerator
from copy import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.changes import with_credential
from custom_components.timmy_access.house.credentials import HouseCredential
from custom_components.timmy_access.house.errors import HouseInvalid, Problem
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.house.stored import household_of
from custom_components.timmy_access.house.vault import LARGE_BYTES, Vault, VaultState
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..conftest import FACE

CARD, PIN = 11, 10
ADA = HousePerson(person_id="ada", name="Ada", enroll_id=1)


@pytest.fixture
async def vault(hass: HomeAssistant) -> Vault:
    vault = Vault(hass, "house")
    await vault.async_open(wanted=True, held=())
    return vault


async def sealed(vault: Vault, contents: Any, slot: int = CARD) -> HouseCredential:
    box = await vault.async_seal("ada", slot, None, contents)
    return HouseCredential(person_id="ada", slot=slot, revision="r", sealed=box, mark=vault.mark(slot, contents))


@pytest.mark.parametrize("contents", [12345678, "template" * 10, "x" * (LARGE_BYTES + 1)])
async def test_it_comes_back_with_the_same_key_alone(hass: HomeAssistant, vault: Vault, contents: Any) -> None:
    held = await sealed(vault, contents)
    assert await vault.async_unseal(held) == contents
    again = Vault(hass, "house")
    await again.async_open(wanted=True, held=(held,))
    assert (again.state, await again.async_unseal(held)) == (VaultState.OPEN, contents)
    other = Vault(hass, "other house")
    await other.async_open(wanted=True, held=())
    assert await other.async_unseal(held) is None
    assert other.mark(CARD, contents) != held.mark


@pytest.mark.parametrize(
    "change",
    [{"person_id": "eve"}, {"slot": PIN}, {"algorithm": "Biokey"}, {"sealed": None}, {"sealed": b""}, {"sealed": b"x"}],
    ids=str,
)
async def test_it_does_not_open_in_another_place(vault: Vault, change: dict[str, Any]) -> None:
    held = await sealed(vault, 12345678)
    assert await vault.async_unseal(replace(held, **change)) is None


async def test_no_bit_of_it_may_be_another(vault: Vault) -> None:
    held = await sealed(vault, 12345678)
    assert held.sealed is not None
    for position in range(len(held.sealed)):
        box = bytearray(held.sealed)
        box[position] ^= 1
        assert await vault.async_unseal(replace(held, sealed=bytes(box))) is None


async def test_equal_cards_are_told_and_nothing_else(vault: Vault) -> None:
    first, second = await sealed(vault, 12345678), await sealed(vault, 12345678)
    assert first.mark == second.mark
    assert first.sealed != second.sealed
    assert vault.mark(CARD, 12345679) != first.mark
    assert vault.mark(PIN, 12345678) != first.mark
    for shown in (repr(first), repr(vault), repr(await sealed(vault, "87654321"))):
        assert "12345678" not in shown
        assert "87654321" not in shown


async def test_it_takes_nothing_unless_it_is_wanted(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    vault = Vault(hass, "house")
    await vault.async_open(wanted=False, held=())
    assert vault.state is VaultState.OFF
    with pytest.raises(HouseInvalid) as caught:
        await vault.async_seal("ada", CARD, None, 1)
    assert caught.value.problem is Problem.VAULT_CLOSED
    assert f"{DOMAIN}.house.vault" not in hass_storage


async def test_another_key_than_it_was_sealed_with_is_none(hass: HomeAssistant, vault: Vault) -> None:
    held = await sealed(vault, 1)
    await vault.async_remove()
    vault = Vault(hass, "house")
    await vault.async_open(wanted=True, held=(held,))
    states = [vault.state]
    assert await vault.async_unseal(held) is None
    for sealed_things in ((), (held,)):  # a new one where nothing is sealed
        await vault.async_open(wanted=True, held=sealed_things)
        states.append(vault.state)
    assert states == [VaultState.KEY_GONE, VaultState.OPEN, VaultState.KEY_GONE]


# With the listener


@pytest.fixture
async def open_hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


async def test_what_the_vault_has_outlives_a_restart(
    hass: HomeAssistant, open_hub: Hub, entry: MockConfigEntry
) -> None:
    await open_hub.house.async_add([Arrival(person=ADA, secrets={CARD: 77_123_456})], None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    house = entry.runtime_data.house
    assert house.vault.state is VaultState.OPEN
    assert await house.vault.async_unseal(house.household.credentials["ada", CARD]) == 77_123_456


async def test_what_a_terminal_told_is_kept_for_its_revision(
    open_hub: Hub, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_hub.house
    await house.async_add([Arrival(person=ADA)], None)
    finger = HouseCredential(person_id="ada", slot=0, revision="r1", algorithm="x", terminals=frozenset({FACE}))
    await house.keeper.async_change(lambda household: with_credential(household, finger))
    template = "template" * 200
    assert await house.safe.async_keep({("ada", 0): ("r1", template)}) == {("ada", 0)}
    assert not await house.safe.async_keep({("ada", 0): ("r0", "old"), ("eve", 0): ("r1", "hers")})
    monkeypatch.setattr("custom_components.timmy_access.house.safekeeping.MAX_VAULT_BYTES", 1000)
    assert not await house.safe.async_keep({("ada", 0): ("r1", "other" * 200)})
    assert await house.safe.async_contents(house.household.credentials["ada", 0]) == template
    kept = household_of(await open_hub.ledger.house(entry.entry_id)).household
    assert kept.credentials["ada", 0].sealed == house.household.credentials["ada", 0].sealed


async def test_without_its_key_the_house_works_and_says_so(
    hass: HomeAssistant, open_hub: Hub, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await open_hub.house.async_add([Arrival(person=ADA, secrets={CARD: 77_123_456})], None)
    del hass_storage[f"{DOMAIN}.{entry.entry_id}.vault"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    house = entry.runtime_data.house
    assert house.vault.state is VaultState.KEY_GONE
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"vault_key_gone_{entry.entry_id}")
    assert issue is not None
    await house.async_update("ada", {"note": "still here"}, {}, (), None)
    assert house.household.people["ada"].note == "still here"
    with pytest.raises(HouseInvalid):
        await house.async_update("ada", {}, {CARD: 5}, (), None)
    # Turned off it forgets what nobody can read, and turned on again it begins anew.
    hass.config_entries.async_update_entry(entry, options={})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert house.household.credentials == {}
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"vault_key_gone_{entry.entry_id}") is None
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    await house.async_update("ada", {}, {CARD: 5}, (), None)
    assert await house.vault.async_unseal(house.household.credentials["ada", CARD]) == 5
