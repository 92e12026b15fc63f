"""The panel is told who may pass, where and when, and changes it by the actions."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE

CARD = "77123456"


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    """The running listener, with a vault."""
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


class Browser:
    """A browser that has the panel open."""

    def __init__(self, client: MockHAClientWebSocket) -> None:
        self.client = client
        self.told: dict[int, list[dict[str, Any]]] = {}

    async def ask(self, command: str, data: dict[str, Any]) -> dict[str, Any]:
        """Ask, and put what is told meanwhile aside."""
        await self.client.send_json_auto_id({"type": f"timmy_access/panel/{command}", "data": data})
        while (message := await self.client.receive_json())["type"] == "event":
            self.told.setdefault(message["id"], []).append(message["event"])
        answer: dict[str, Any] = message
        return answer

    async def perform(self, action: str, **data: Any) -> Any:
        answer = await self.ask("perform", {"action": action, "with": data})
        assert answer["success"], answer
        return answer["result"]

    async def follow(self, feed: str, **data: Any) -> int:
        answer = await self.ask(feed, data)
        assert answer["success"], answer
        return int(answer["id"])

    async def told_of(self, feed: int) -> dict[str, Any]:
        """Return what a feed told next."""
        while not self.told.get(feed):
            message = await self.client.receive_json()
            self.told.setdefault(message["id"], []).append(message["event"])
        return self.told[feed].pop(0)


@pytest.fixture
async def browser(hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator) -> Browser:
    return Browser(await hass_ws_client(hass))


async def test_people_are_told_whole_and_then_by_what_changes(
    browser: Browser, hub: Hub, face: VirtualTerminal
) -> None:
    device_id = hub.terminals[FACE].device_id
    group = (await browser.perform("set_access_group", name="Family", rules=[{"device_id": [device_id]}]))["group_id"]
    zoe = (await browser.perform("add_person", name="Zoe", groups=[group], card=CARD))["person_id"]
    feed = await browser.follow("people")

    told = await browser.told_of(feed)
    assert (told["begins"], told["more"], list(told["people"])) == (True, False, [zoe])
    person = told["people"][zoe]
    assert (person["name"], person["groups"], person["enabled"]) == ("Zoe", [group], True)
    assert person["credentials"] == [{"kind": "card", "terminals": []}]
    assert person["placements"] == {FACE: ["observed", None]}
    assert CARD not in str(told)

    ada = (await browser.perform("add_person", name="Ada"))["person_id"]
    told = await browser.told_of(feed)
    assert (told["begins"], list(told["people"])) == (False, [ada])
    assert told["people"][ada]["placements"] == {}

    await browser.perform("update_person", person_id=zoe, enabled=False, card=None)
    changed = await browser.told_of(feed)
    while changed["people"][zoe]["credentials"]:
        changed = await browser.told_of(feed)
    assert changed["people"][zoe]["enabled"] is False

    await browser.perform("remove_person", person_id=ada)
    assert (await browser.told_of(feed))["people"] == {ada: None}


async def test_one_person_is_followed_alone(browser: Browser) -> None:
    zoe = (await browser.perform("add_person", name="Zoe"))["person_id"]
    feed = await browser.follow("people", person_id=zoe)
    nobody = await browser.follow("people", person_id="nobody")
    assert list((await browser.told_of(feed))["people"]) == [zoe]
    assert (await browser.told_of(nobody))["people"] == {"nobody": None}

    await browser.perform("add_person", name="Ada")
    await browser.perform("update_person", person_id=zoe, note="Has a dog")
    told = await browser.told_of(feed)
    assert list(told["people"]) == [zoe]
    assert told["people"][zoe]["note"] == "Has a dog"


async def test_an_empty_house_is_told_of(browser: Browser) -> None:
    feed = await browser.follow("people")
    assert await browser.told_of(feed) == {"people": {}, "begins": True, "more": False}


async def test_many_people_come_in_slices(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("custom_components.timmy_access.panel.people.SLICE", 2)
    for name in ("Ada", "Bea", "Cem", "Dan", "Eva"):
        await browser.perform("add_person", name=name)
    feed = await browser.follow("people")
    told = [await browser.told_of(feed) for _ in range(3)]
    assert [(it["begins"], it["more"]) for it in told] == [(True, True), (False, True), (False, False)]
    assert [person["name"] for it in told for person in it["people"].values()] == ["Ada", "Bea", "Cem", "Dan", "Eva"]


async def test_groups_are_told_with_doors_hours_and_members(browser: Browser, controller: VirtualTerminal) -> None:
    feed = await browser.follow("groups")
    told = await browser.told_of(feed)
    assert told["groups"] == []
    of_controller = [door for door in told["doors"] if door["serial"] == CONTROLLER]
    assert [door["number"] for door in of_controller] == [1, 2, 3, 4]

    # What is told as a door's device is what the action takes for that door alone.
    rule = {"device_id": [of_controller[1]["device_id"]]}
    group = (await browser.perform("set_access_group", name="Store", rules=[rule]))["group_id"]
    told = await browser.told_of(feed)
    assert told["groups"] == [
        {
            "group_id": group,
            "name": "Store",
            "people": 0,
            "rules": [{"doors": {CONTROLLER: [2]}, "always": True, "schedule": None, "week": None}],
        }
    ]

    await browser.perform("add_person", name="Zoe", groups=[group])
    assert (await browser.told_of(feed))["groups"][0]["people"] == 1

    await browser.perform("remove_access_group", group_id=group)
    assert (await browser.told_of(feed))["groups"] == []


async def test_a_refusal_names_the_field(browser: Browser) -> None:
    await browser.perform("add_person", name="Zoe", card=CARD)
    answer = await browser.ask("perform", {"action": "add_person", "with": {"name": "Ada", "card": CARD}})
    assert not answer["success"]
    assert answer["error"]["translation_key"] == "house_card_in_use"
    assert answer["error"]["translation_placeholders"]["field"] == "card"
    assert CARD not in str(answer)


@pytest.mark.parametrize("feed", ["people", "groups"])
async def test_only_administrators_are_told(browser: Browser, hass_admin_user: MockUser, feed: str) -> None:
    hass_admin_user.groups = []
    answer = await browser.ask(feed, {})
    assert not answer["success"]
    assert answer["error"]["code"] == "unauthorized"
