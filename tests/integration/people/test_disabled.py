"""Who was disabled is not let in by default until somebody here says otherwise."""

import asyncio
from collections.abc import Callable

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.people import roster_keeper
from custom_components.timmy_access.terminal import patient_work
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import User, VirtualTerminal

from ..conftest import ADA, FACE, reload
from ..guests.test_guests import asking
from ..guests.test_who_is_let_in import answer, owner_chose, punch
from ..services.test_actions import act

__all__ = ["asking"]  # a fixture


async def enabled_in_database(hub: Hub) -> dict[int, bool | None]:
    return {person.enroll_id: person.enabled for person in await hub.ledger.people(FACE)}


async def test_a_list_that_leaves_somebody_out_enables_nobody(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, asking: VirtualTerminal
) -> None:
    """Lists are cut short at times, and may be of somebody who was taken for the terminal."""
    owner_chose(hub, "grant_unknown")
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    del asking.users[1]
    asking.add_user(User(enrollid=2, name="Grace"))
    await hub.terminals[FACE].async_refresh_people()
    assert 1 not in hub.terminals[FACE].roster.people
    assert (await answer(asking, {**punch(1), "mode": 1}))["access"] == 0
    hub = await reload(hass, entry, asking)
    owner_chose(hub, "grant_unknown")
    assert (await answer(asking, {**punch(1), "mode": 2}))["access"] == 0
    asking.add_user(User(enrollid=1, name=ADA))
    await hub.terminals[FACE].async_refresh_people()
    assert hub.terminals[FACE].roster.people[1].enabled is False
    assert (await answer(asking, {**punch(1), "mode": 3}))["access"] == 0
    await act(hass, hub, FACE, "enable_user", enroll_id=1)
    assert (await answer(asking, {**punch(1), "mode": 4}))["access"] == 1


async def test_whoever_is_deleted_here_is_not_disabled_any_more(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, asking: VirtualTerminal
) -> None:
    """The number is free for somebody else, also where a list had left them out."""
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    del asking.users[1]
    await hub.terminals[FACE].async_refresh_people()
    asking.add_user(User(enrollid=1, name=ADA))
    await act(hass, hub, FACE, "delete_user", enroll_id=1)
    hub = await reload(hass, entry, asking)
    assert hub.terminals[FACE].roster.is_disabled(1) is False
    assert await enabled_in_database(hub) == {}


@pytest.fixture
def lazy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write people late, where that can wait; to be asked for before the listener."""
    monkeypatch.setattr(roster_keeper, "WRITE_SECONDS", 3600.0)


async def test_who_is_disabled_is_written_at_once(
    hass: HomeAssistant, lazy: None, hub: Hub, asking: VirtualTerminal
) -> None:
    """The power may fail a moment later."""
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    await until_disabled(hub)


async def test_who_was_disabled_while_the_database_was_away_is_written_when_it_is_back(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patient_work, "AGAIN_SECONDS", 0.01)
    tried = 0
    update: Callable[..., object] = Ledger.update_people

    async def away(self: Ledger, *arguments: object) -> None:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise LedgerUnavailable(Cause.LOCKED)
        await update(self, *arguments)  # type: ignore[misc]

    monkeypatch.setattr(Ledger, "update_people", away)
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    await until_disabled(hub)
    assert tried >= 3


async def test_whoever_the_terminal_has_half_disabled_is_not_let_in(
    hass: HomeAssistant, hub: Hub, asking: VirtualTerminal
) -> None:
    owner_chose(hub, "grant")
    await act(hass, hub, FACE, "disable_user", enroll_id=1)
    await act(hass, hub, FACE, "enable_user", enroll_id=1)
    asking.faults.refuse["setuserinfo"] = {"reason": 1}
    with pytest.raises(HomeAssistantError):
        await act(hass, hub, FACE, "disable_user", enroll_id=1)
    assert (await answer(asking, punch(1)))["access"] == 0


async def until_disabled(hub: Hub) -> None:
    async with asyncio.timeout(10):
        while await enabled_in_database(hub) != {1: False}:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
