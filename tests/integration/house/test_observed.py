"""Whatever is done in the house, nothing is written to a terminal that is not kept in step."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, MakeTerminal, connected
from .test_in_step import writes

DEEDS = 30
NAMES = ("Ada", "Bo", "Cy", "Eve")
# What sets the clock and the way of asking is of no house.
OF_NO_HOUSE = frozenset({"settime", "setdevinfo", "reboot"})


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


class Owner:
    """Somebody who does something with the house, by the actions there are."""

    def __init__(self, hass: HomeAssistant, hub: Hub, chance: Random) -> None:
        self._hass = hass
        self._hub = hub
        self._chance = chance

    async def ask(self, action: str, **data: Any) -> Any:
        answers = self._hass.services.supports_response(DOMAIN, action).value != "none"
        with suppress(HomeAssistantError):  # what cannot be changes nothing
            return await self._hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers)
        return None

    async def add(self) -> None:
        card = {"card": str(self._chance.randint(1, 9))} if self._chance.random() < 0.5 else {}
        number = {"enroll_id": self._chance.randint(1, 12)} if self._chance.random() < 0.5 else {}
        await self.ask("add_person", name=self._chance.choice(NAMES), groups=["All"], same_name=True, **card, **number)

    async def update(self) -> None:
        if people := sorted(self._hub.house.household.people):
            change: dict[str, Any] = self._chance.choice(
                ({"enabled": False}, {"enabled": True}, {"name": "Kim"}, {"card": "77"}, {"groups": []})
            )
            await self.ask("update_person", person_id=self._chance.choice(people), **change)

    async def remove(self) -> None:
        if people := sorted(self._hub.house.household.people):
            await self.ask("remove_person", person_id=self._chance.choice(people))

    async def regroup(self) -> None:
        terminals = self._chance.sample((FACE, FINGER), self._chance.randint(1, 2))
        rules = [{"device_id": [self._hub.terminals[serial].device_id for serial in terminals]}]
        await self.ask("set_access_group", name="All", rules=rules)

    async def keep(self) -> None:
        device_id = self._hub.terminals[FINGER].device_id
        await self.ask("keep_in_step", device_id=device_id, enable=True, confirm=True)

    async def look(self) -> None:
        device_id = self._hub.terminals[FACE].device_id
        await self.ask("keep_in_step", device_id=device_id)
        await self.ask("get_differences")

    async def settle(self) -> None:
        for serial in (FACE, FINGER):
            choice = self._chance.choice(("take_over", "put_back", "leave"))
            await self.ask("settle_difference", device_id=self._hub.terminals[serial].device_id, choice=choice)

    async def act(self) -> None:
        deeds = (self.add, self.add, self.update, self.update, self.remove, self.regroup, self.keep, self.look)
        await self._chance.choice((*deeds, self.settle))()


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_written_to_who_is_only_observed(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a sequence that comes again with its seed
    observed, kept = make_terminal("ai_face", FACE), make_terminal("tfs30", FINGER)
    for terminal in (observed, kept):
        for number in range(2, 6):
            terminal.add_user(User(enrollid=number, name=chance.choice(NAMES), credentials={11: 100 + number}))
        await connected(hass, terminal)
    before = {number: (user.name, user.enabled, dict(user.credentials)) for number, user in observed.users.items()}
    seen = (len(observed.received), len(kept.received))
    owner = Owner(hass, hub, chance)
    await owner.regroup()
    await owner.keep()
    for _ in range(DEEDS):
        await owner.act()
        if chance.random() < 0.1:
            await observed.drop()
            await observed.wait_registered()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert of_the_house(observed, seen[0]) == []
    assert {number: (user.name, user.enabled, dict(user.credentials)) for number, user in observed.users.items()} == (
        before
    )
    assert of_the_house(kept, seen[1])
    # Kept in step no more, nothing is written from that step on.
    await owner.ask("keep_in_step", device_id=hub.terminals[FINGER].device_id, enable=False, confirm=True)
    assert FINGER not in hub.house.household.kept
    last = len(kept.received)
    for _ in range(DEEDS):
        await chance.choice((owner.add, owner.update, owner.remove, owner.regroup, owner.settle))()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert of_the_house(kept, last) == []


def of_the_house(terminal: VirtualTerminal, after: int) -> list[str]:
    return [name for name in writes(terminal, after) if name not in OF_NO_HOUSE]
