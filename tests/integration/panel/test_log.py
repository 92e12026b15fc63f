"""What an administrator's browser is told of the access log."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.panel import log
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..conftest import FACE, FINGER
from ..records.test_records import ago
from .told import asked, performed

LOG = "log"
PEOPLE = "log_people"
TAIL = "log_tail"


async def page(client: MockHAClientWebSocket, **data: Any) -> dict[str, Any]:
    """Return a page of the log."""
    answer = await asked(client, LOG, **data)
    assert answer["success"], answer
    return answer["result"]  # type: ignore[no-any-return]


async def told(client: MockHAClientWebSocket) -> dict[str, Any]:
    """Return what is told next."""
    return (await client.receive_json())["event"]  # type: ignore[no-any-return]


async def follow(client: MockHAClientWebSocket, **data: Any) -> None:
    """Follow the end of the log, of which nothing is told yet."""
    assert (await asked(client, TAIL, **data))["success"]
    assert await told(client) == {"begun": True, "records": [], "more": False}


async def three(finger: VirtualTerminal) -> None:
    """Have three records kept: of yesterday, of two minutes ago, and a door event in between."""
    finger.punch(1, time=ago(days=1), mode=3)
    finger.punch(0, time=ago(hours=1), event=1)
    finger.punch(2, time=ago(minutes=2), mode=1)
    await finger.wait_sent()


async def test_the_log_comes_in_pages_newest_first(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await three(finger)
    client = await hass_ws_client(hass)
    first = await page(client, limit=2)
    assert [record["enroll_id"] for record in first["records"]] == [2, None]
    second = await page(client, limit=2, after=first["next"])
    assert [record["enroll_id"] for record in second["records"]] == [1]
    assert second["next"] is None


async def test_the_log_is_filtered(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, face: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    await three(finger)
    client = await hass_ws_client(hass)

    async def found(**data: Any) -> list[int | None]:
        return [record["enroll_id"] for record in (await page(client, **data))["records"]]

    assert await found(serial=FINGER, kind="punch") == [2, 1]
    assert await found(kind="door") == [None]
    assert await found(enroll_id=1) == [1]
    assert await found(serial=FACE) == []
    assert await found(serial="ZX99999999") == []
    yesterday = (dt_util.now() - timedelta(days=1)).date()
    answer = await page(client, day=yesterday.isoformat(), kind="punch")
    assert 1 in [record["enroll_id"] for record in answer["records"]]
    assert answer["from"] == dt_util.start_of_local_day(yesterday).isoformat()
    assert answer["until"] == dt_util.start_of_local_day(yesterday + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("data", "field"),
    [({"limit": log.MAX_LIMIT + 1}, "limit"), ({"kind": "coffee"}, "kind"), ({"day": "soon"}, "day")],
)
async def test_a_wrong_field_is_named(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator, data: dict[str, Any], field: str
) -> None:
    error = (await asked(await hass_ws_client(hass), LOG, **data))["error"]
    assert error["translation_key"] == "panel_field_invalid"
    assert error["translation_placeholders"]["field"] == field


async def test_a_database_that_is_away_is_said(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    with patch.object(Ledger, "records", side_effect=LedgerUnavailable(Cause.UNREACHABLE, "gone")):
        for command in (LOG, TAIL):
            answer = await asked(client, command)
            assert not answer["success"]
            assert answer["error"]["translation_key"], answer


async def test_others_are_refused(
    hass: HomeAssistant,
    hub: Hub,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
) -> None:
    hass_admin_user.groups = []
    client = await hass_ws_client(hass)
    for command, data in ((LOG, {}), (PEOPLE, {"text": "a"}), (TAIL, {})):
        assert (await asked(client, command, **data))["error"]["code"] == "unauthorized"


async def test_the_end_of_the_log_is_told_as_it_is_kept(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    finger.punch(1)
    await finger.wait_sent()
    client = await hass_ws_client(hass)
    await follow(client, kind="punch")
    finger.punch(0, event=1)
    finger.punch(2)
    await finger.wait_sent()
    news = await told(client)
    assert [record["enroll_id"] for record in news["records"]] == [2]
    assert not news["more"]
    # A record of the past is told too: it is new in the log.
    finger.punch(3, time=ago(days=2))
    await finger.wait_sent()
    assert [record["enroll_id"] for record in (await told(client))["records"]] == [3]


async def test_what_became_of_a_punch_is_told_when_it_is_known(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, hass_ws_client: WebSocketGenerator
) -> None:
    finger.punch(1)
    await finger.wait_sent()
    client = await hass_ws_client(hass)
    [record] = (await hub.ledger.records()).records
    await follow(client)
    hub.terminals[FINGER].records.outcomes.async_note(record.entry.identity, granted=False, decided_by=None)
    [again] = (await told(client))["records"]
    assert (again["id"], again["outcome"]) == (record.id, "refused")


async def test_a_backlog_is_not_told_one_by_one(
    hass: HomeAssistant,
    hub: Hub,
    finger: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log, "AT_ONCE", 2)
    client = await hass_ws_client(hass)
    await follow(client)
    for number in range(5):
        finger.punch(1, time=ago(hours=number + 1))
    await finger.wait_sent()
    while not (news := await told(client))["more"]:
        assert len(news["records"]) <= 2
    assert news["records"] == []


async def test_the_file_of_what_is_shown_can_be_fetched(
    hass: HomeAssistant,
    hub: Hub,
    finger: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await three(finger)
    client = await hass_ws_client(hass)
    day = (dt_util.now() - timedelta(days=1)).date().isoformat()
    shown = await page(client, day=day, enroll_id=1)
    data = {
        "device_id": [hub.terminals[FINGER].device_id],
        "enroll_id": 1,
        "from": shown["from"],
        "until": shown["until"],
    }
    answer = await performed(client, "export_logs", **data)
    assert answer["result"]["records"] == len(shown["records"]) == 1
    response = await (await hass_client_no_auth()).get(answer["result"]["url"])
    assert response.status == HTTPStatus.OK
