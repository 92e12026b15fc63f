"""The panel shows where terminals and the house disagree, and has somebody decide about what they were shown."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.household import Household
from custom_components.timmy_access.house.persons import HousePerson
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE
from .told import asked, performed, told

BO = HousePerson(person_id="bo", name="Bo", enroll_id=7, groups=frozenset({"all"}))
ZOE = HousePerson(person_id="zoe", name="Zoe", enroll_id=8, groups=frozenset({"all"}))
GROUP = AccessGroup(group_id="all", name="All", rules=(Rule(doors={FACE: frozenset({1})}),))
CARD, PIN = 77123456, 74717171

type Shown = dict[str, dict[str, Any]]


@pytest.fixture
async def kept(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> VirtualTerminal:
    """A terminal that is in step with a house of two."""
    face.users.clear()
    await hub.terminals[FACE].async_refresh_people()
    house = Household(people={"bo": BO, "zoe": ZOE}, groups={"all": GROUP}, kept=frozenset({FACE}))
    await hub.house.keeper.async_change(lambda _: house)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert {user.name for user in face.users.values()} == {"Bo", "Zoe"}
    return face


async def at_the_keypad(hub: Hub, terminal: VirtualTerminal, *users: User) -> None:
    """Have people on the terminal whom the house has not written, and the house see them."""
    for user in users:
        terminal.add_user(user)
    await hub.terminals[FACE].async_refresh_people(all_names=True)
    await hub.caretaker.watch.async_look()


class Page:
    """What a browser knows of the differences."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self._client = client
        self.shown: Shown = {}

    async def until(self, test: Callable[[Shown], bool]) -> list[dict[str, Any]]:
        """Return what is shown once it passes a test, by number."""
        while not test(self.shown):
            news = await told(self._client)
            if news["begins"]:
                self.shown = {}
            for mark, said in news["differences"].items():
                if said is None:
                    del self.shown[mark]
                else:
                    self.shown[mark] = said
        return sorted(self.shown.values(), key=lambda it: it["enroll_id"] or 0)


@pytest.fixture
async def page(hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator) -> Page:
    client = await hass_ws_client(hass)
    assert (await asked(client, "differences"))["success"]
    return Page(client)


async def test_what_differs_is_told_by_both_words_and_without_secrets(
    hub: Hub, kept: VirtualTerminal, page: Page
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve", credentials={10: PIN, 11: CARD}))
    (shown,) = await page.until(lambda it: any(one["since"] for one in it.values()))
    assert (shown["kind"], shown["enroll_id"], shown["serial"], shown["left"]) == ("unknown_here", 9, FACE, False)
    assert (shown["house"], shown["there"]) == (None, "Eve")
    assert shown["there_credentials"] == ["password", "card"]
    noticed = dt_util.parse_datetime(shown["since"], raise_on_error=True)
    assert abs((dt_util.utcnow() - noticed).total_seconds()) < 60
    assert str(PIN) not in str(shown)
    assert str(CARD) not in str(shown)


async def test_who_is_disabled_there_is_told_as_what_both_say(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await performed(client, "disable_user", device_id=hub.terminals[FACE].device_id, enroll_id=7)
    await hub.caretaker.watch.async_look()
    (shown,) = await page.until(bool)
    assert (shown["kind"], shown["aspects"]) == ("changed", ["enabled"])
    assert (shown["house"], shown["house_enabled"], shown["there_enabled"]) == ("Bo", True, False)


async def test_what_is_put_back_is_gone_from_the_page_and_the_terminal(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"))
    (shown,) = await page.until(bool)
    device = hub.terminals[FACE].device_id
    client = await hass_ws_client(hass)
    done = await performed(client, "settle_difference", device_id=device, choice="put_back", mark=[shown["mark"]])
    assert done["result"] == {"settled": 1}
    assert await page.until(lambda it: not it) == []
    await kept.wait_for(lambda: True if 9 not in kept.users else None)
    assert {user.name for user in kept.users.values()} == {"Bo", "Zoe"}


async def test_all_are_taken_into_the_house_with_a_group(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"), User(enrollid=10, name="Max"))
    marks = [one["mark"] for one in await page.until(lambda it: len(it) == 2)]
    client, device = await hass_ws_client(hass), hub.terminals[FACE].device_id
    settle = {"device_id": device, "choice": "take_over", "mark": marks}
    answer = await performed(client, "settle_difference", **settle)
    assert answer["error"]["translation_key"] == "house_empty"
    assert set(hub.house.household.people) == {"bo", "zoe"}
    answer = await performed(client, "settle_difference", **settle, groups=["All"])
    assert answer["result"] == {"settled": 2}
    await page.until(lambda it: not it)
    assert sorted(it.name for it in hub.house.household.people.values()) == ["Bo", "Eve", "Max", "Zoe"]


async def test_what_says_something_else_by_now_is_not_settled(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"), User(enrollid=10, name="Max"))
    marks = [one["mark"] for one in await page.until(lambda it: len(it) == 2)]
    kept.users[9].name = "Mallory"
    await at_the_keypad(hub, kept)
    await page.until(lambda it: any(one["there"] == "Mallory" for one in it.values()))
    before = hub.house.household
    client, device = await hass_ws_client(hass), hub.terminals[FACE].device_id
    answer = await performed(
        client, "settle_difference", device_id=device, choice="take_over", mark=marks, groups=["All"]
    )
    assert answer["error"]["translation_key"] == "house_difference_changed"
    assert hub.house.household == before


async def test_what_the_owner_leaves_stays_shown_as_such(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, page: Page, hass_ws_client: WebSocketGenerator
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"))
    (shown,) = await page.until(bool)
    client, device = await hass_ws_client(hass), hub.terminals[FACE].device_id
    await performed(client, "settle_difference", device_id=device, choice="leave", mark=[shown["mark"]])
    (left,) = await page.until(lambda it: any(one["left"] for one in it.values()))
    assert left["mark"] == shown["mark"]


async def test_since_when_is_known_over_a_restart_and_forgotten_with_the_difference(
    hass: HomeAssistant,
    hub: Hub,
    kept: VirtualTerminal,
    page: Page,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"))
    (shown,) = await page.until(lambda it: any(one["since"] for one in it.values()))
    assert await hass.config_entries.async_reload(entry.entry_id)
    again: Hub = entry.runtime_data
    (difference,) = (await async_agreement(hass, again.house, again.terminals[FACE])).differences.values()
    since = again.noticed.since(difference)
    assert since is not None
    assert dt_util.as_local(since).isoformat() == shown["since"]
    front = again.terminals[FACE]
    await kept.wait_for(lambda: front.coordinator.data.online or None)
    client = await hass_ws_client(hass)
    await performed(client, "delete_user", device_id=front.device_id, enroll_id=9)
    await again.caretaker.watch.async_look()
    assert again.noticed.since(difference) is None


async def test_the_repair_leads_to_the_page(
    hass: HomeAssistant, hub: Hub, kept: VirtualTerminal, entry: MockConfigEntry
) -> None:
    await at_the_keypad(hub, kept, User(enrollid=9, name="Eve"))
    issue = ir.async_get(hass).async_get_issue("timmy_access", f"house_differences_{entry.entry_id}")
    assert issue is not None
    assert issue.learn_more_url == f"homeassistant://timmy-access/differences?listener={entry.entry_id}"
