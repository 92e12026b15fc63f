"""Who came in, asked by a language model: what it is told, and what it is not."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.timmy_access.hub.hub import Hub
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import llm
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

pytestmark = pytest.mark.usefixtures("moments_shown")

TOOL = "timmy_access__who_came_in"
FRONT, OFFICE = "event.front_door_access", "event.office_access"


@pytest.fixture(autouse=True)
async def _assistant(hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal) -> None:
    for component in ("homeassistant", "conversation", "llm"):
        assert await async_setup_component(hass, component, {})
    face.add_user(User(enrollid=1, name="Ada"))
    finger.add_user(User(enrollid=2, name="Grace"))


async def api(hass: HomeAssistant, api_id: str = llm.LLM_API_ASSIST, context: Context | None = None) -> llm.APIInstance:
    asked_by = llm.LLMContext(
        platform="test", context=context or Context(), language="en", assistant=conversation.DOMAIN, device_id=None
    )
    return await llm.async_get_api(hass, api_id, asked_by)


async def ask(hass: HomeAssistant, **arguments: str) -> dict[str, Any]:
    result = await (await api(hass)).async_call_tool(llm.ToolInput(TOOL, arguments))
    return dict(result.data)


async def come_in(hass: HomeAssistant, terminal: VirtualTerminal, enroll_id: int, **more: Any) -> None:
    terminal.punch(enroll_id, **more)
    await terminal.wait_sent()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_nothing_is_offered_that_is_not_exposed(hass: HomeAssistant) -> None:
    assert TOOL not in {tool.name for tool in (await api(hass)).tools}


async def test_people_of_exposed_terminals_are_told(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, finger: VirtualTerminal
) -> None:
    for terminal in (face, finger):
        await hub.terminals[terminal.serial].async_refresh_people()
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=True)
    await come_in(hass, face, 1)
    await come_in(hass, finger, 2)
    answer = await ask(hass, day="today")
    (record,) = answer["records"]
    assert (record["person"], record["terminal"], record["method"]) == ("Ada", "Front door", "face")
    assert record.keys() == {"occurred_at", "terminal", "person", "method", "outcome"}
    assert answer["complete"]
    assert (await ask(hass, day="yesterday"))["records"] == []

    async_expose_entity(hass, conversation.DOMAIN, OFFICE, should_expose=True)
    assert {record["person"] for record in (await ask(hass, day="week"))["records"]} == {"Ada", "Grace"}
    assert [record["person"] for record in (await ask(hass, day="week", terminal="Office"))["records"]] == ["Grace"]


async def test_who_may_not_see_a_terminal_is_told_nothing_of_it_by_a_model_either(
    hass: HomeAssistant, face: VirtualTerminal, finger: VirtualTerminal, hass_read_only_user: MockUser
) -> None:
    for entity_id, terminal in ((FRONT, face), (OFFICE, finger)):
        async_expose_entity(hass, conversation.DOMAIN, entity_id, should_expose=True)
        await come_in(hass, terminal, 1)
    hass_read_only_user.groups = []
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {OFFICE: {"read": True}}}})
    asked = await api(hass, context=Context(user_id=hass_read_only_user.id))
    told: Any = (await asked.async_call_tool(llm.ToolInput(TOOL, {"day": "today"}))).data
    assert [record["terminal"] for record in told["records"]] == ["Office"]
    assert {record["terminal"] for record in (await ask(hass, day="today"))["records"]} == {"Front door", "Office"}


async def test_yesterday_is_yesterday(hass: HomeAssistant, face: VirtualTerminal) -> None:
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=True)
    noon = dt_util.start_of_local_day() - timedelta(hours=12)
    await come_in(hass, face, 1, time=f"{noon:%Y-%m-%d %H:%M:%S}")
    assert (await ask(hass, day="today"))["records"] == []
    assert [record["person"] for record in (await ask(hass, day="yesterday"))["records"]] == ["Ada"]


async def test_a_ledger_that_is_away_is_said(hass: HomeAssistant, hub: Hub) -> None:
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=True)
    await hub.ledger.close()
    result = await (await api(hass)).async_call_tool(llm.ToolInput(TOOL, {"day": "today"}))
    assert result.error
    assert "cannot be read" in str(result.data["error"])


async def test_the_tool_only_reads(hass: HomeAssistant) -> None:
    async_expose_entity(hass, conversation.DOMAIN, FRONT, should_expose=True)
    (tool,) = [tool for tool in (await api(hass)).tools if tool.name.startswith("timmy_access__")]
    assert tool.annotations == llm.ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)
    assert tool.integration == "timmy_access"
