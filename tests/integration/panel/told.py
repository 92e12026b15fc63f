"""What a browser is told by the panel's commands."""

import asyncio
from collections.abc import Callable
from typing import Any

from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.timmy_access.panel.request import type_of

SECONDS = 10.0

type Told = dict[str, Any]


async def asked(client: MockHAClientWebSocket, command: str, **data: Any) -> Told:
    """Ask a command of the panel, and return the whole answer."""
    await client.send_json_auto_id({"type": type_of(command), "data": data})
    async with asyncio.timeout(SECONDS):
        while (answer := await client.receive_json())["type"] != "result":
            pass
    result: Told = answer
    return result


async def performed(client: MockHAClientWebSocket, action: str, **data: Any) -> Told:
    """Perform an action as the panel does, and return the whole answer."""
    return await asked(client, "perform", action=action, **{"with": data})


async def told(client: MockHAClientWebSocket, test: Callable[[Told], bool] = lambda _: True) -> Told:
    """Return the next news of a feed that passes a test."""
    async with asyncio.timeout(SECONDS):
        while (answer := await client.receive_json())["type"] != "event" or not test(answer["event"]):
            pass
    event: Told = answer["event"]
    return event
