"""Wait for a state that a socket brings about."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

from custom_components.timmy_access import const
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.terminal import Terminal
from homeassistant.const import EVENT_STATE_CHANGED, MATCH_ALL
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers import issue_registry as ir

SECONDS = 10.0
TEXTS = json.loads((Path(const.__file__).parent / "translations" / "en.json").read_text())


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """Return the present state of an entity, which must have one."""
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


def listen(hass: HomeAssistant, event_type: str) -> list[Event]:
    """Return a list that fills with the events of a type."""
    heard: list[Event] = []

    @callback
    def _heard(event: Event) -> None:
        heard.append(event)

    hass.bus.async_listen(event_type, _heard)
    return heard


async def until_state(hass: HomeAssistant, entity_id: str, wanted: str) -> State:
    """Return the state once it has the wanted value."""
    return await until(hass, entity_id, lambda state: state.state == wanted)


async def until(hass: HomeAssistant, entity_id: str, test: Callable[[State], bool]) -> State:
    """Return the state once it passes a test."""
    seen = asyncio.Event()

    @callback
    def _changed(event: Event[EventStateChangedData]) -> None:
        if event.data["entity_id"] == entity_id:
            seen.set()

    remove = hass.bus.async_listen(EVENT_STATE_CHANGED, _changed)
    try:
        async with asyncio.timeout(SECONDS):
            while (state := hass.states.get(entity_id)) is None or not test(state):
                seen.clear()
                await seen.wait()
    finally:
        remove()
    return state


async def until_line(terminal: Terminal, *, online: bool) -> None:
    """Wait until the connection of a terminal is there, or is not: before entities say so."""
    seen = asyncio.Event()

    @callback
    def _changed() -> None:
        if terminal.coordinator.data.online is online:
            seen.set()

    unsubscribe = terminal.coordinator.async_add_listener(_changed)
    _changed()
    try:
        async with asyncio.timeout(SECONDS):
            await seen.wait()
    finally:
        unsubscribe()


async def until_event(hass: HomeAssistant, test: Callable[[Event], bool]) -> Event:
    """Return the next event on the bus that passes a test."""
    found: asyncio.Future[Event] = asyncio.get_running_loop().create_future()

    @callback
    def _fired(event: Event) -> None:
        if not found.done() and test(event):
            found.set_result(event)

    remove = hass.bus.async_listen(MATCH_ALL, _fired)
    try:
        async with asyncio.timeout(SECONDS):
            return await found
    finally:
        remove()


async def until_issue(hass: HomeAssistant, issue_id: str, *, present: bool = True) -> ir.IssueEntry | None:
    """Return a repair issue once there is one, or nothing once there is none."""
    registry = ir.async_get(hass)
    changed = asyncio.Event()

    @callback
    def _changed(_: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        changed.set()

    remove = hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, _changed)
    try:
        async with asyncio.timeout(SECONDS):
            while ((issue := registry.async_get_issue(DOMAIN, issue_id)) is not None) is not present:
                changed.clear()
                await changed.wait()
    finally:
        remove()
    if issue is not None:
        _check_texts(issue)
    return issue


def issues_of(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the present repair issues of this integration."""
    found = {issue_id: issue for (domain, issue_id), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}
    for issue in found.values():
        _check_texts(issue)
    return found


def _check_texts(issue: ir.IssueEntry) -> None:
    """Find a text of an issue, or of its fix flow, for which it has not every placeholder."""
    texts: list[Any] = [TEXTS["issues"][issue.translation_key]]
    while texts:
        text = texts.pop()
        if isinstance(text, dict):
            texts += text.values()
        else:
            assert text.format(**(issue.translation_placeholders or {}))
