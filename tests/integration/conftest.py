"""A real Home Assistant with a real listener, and virtual terminals that dial in."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.event import TerminalEvent
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.sensor import PunchSensor
from custom_components.timmy_access.terminal import presence
from custom_components.timmy_access.terminal.settings import ACCESS
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from scripts.home import free_port
from simulator import Timing, User, VirtualTerminal

LOOPBACK = "127.0.0.1"
FACE = "AYTG00000001"
FINGER = "ZYTI00000002"
CONTROLLER = "ZX00000004"
ADA = "Ada Lovelace"

type Jump = Callable[[float], None]
type Fix = Callable[..., Awaitable[dict[str, Any]]]
type MakeTerminal = Callable[..., VirtualTerminal]


def subentry_data(serial: str, title: str, doors: int = 1, **data: Any) -> dict[str, Any]:
    return {
        "data": {"serial": serial, "doors": doors, "hold_open": False, **data},
        "subentry_type": "terminal",
        "title": title,
        "unique_id": serial,
    }


def subentry(serial: str, title: str, doors: int = 1, **data: Any) -> ConfigSubentry:
    made = subentry_data(serial, title, doors, **data)
    return ConfigSubentry(**{**made, "data": MappingProxyType(made["data"])})


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load what is in custom_components."""


@pytest.fixture(autouse=True)
def _away_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let terminals be away when their connection ends, except where the owner chose otherwise."""
    monkeypatch.setattr(presence, "AWAY_DELAY", 0)


@pytest.fixture
def all_enabled() -> Generator[None]:
    """Enable also the entities that are disabled by default."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=True):
        yield


@pytest.fixture
def moments_shown() -> Generator[None]:
    """Enable the entities that show moments, which are disabled by default."""
    with (
        patch.object(TerminalEvent, "entity_registry_enabled_default", new=True),
        patch.object(PunchSensor, "entity_registry_enabled_default", new=True),
    ):
        yield


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """A configuration folder, and so a ledger, of its own for each test."""
    return str(tmp_path)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def unused_tcp_port() -> int:
    """Another port nobody listens on; that of the tests' plugin may be taken by a connection before it is used."""
    return free_port()


def listener(hass: HomeAssistant, port: int, *terminals: dict[str, Any]) -> MockConfigEntry:
    """Add a listener with approved terminals, which does not run yet."""
    made = MockConfigEntry(
        domain=DOMAIN,
        title="Timmy Access",
        minor_version=2,
        data={"port": port, "host": LOOPBACK},
        subentries_data=terminals,
    )
    made.add_to_hass(hass)
    return made


@pytest.fixture
def entry(hass: HomeAssistant, port: int) -> MockConfigEntry:
    """One listener with a face terminal, a fingerprint terminal and a four-door controller."""
    return listener(
        hass,
        port,
        subentry_data(FACE, "Front door"),
        subentry_data(FINGER, "Office"),
        subentry_data(CONTROLLER, "Warehouse", doors=4),
    )


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    """The running listener."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    yield entry.runtime_data
    if entry.state is ConfigEntryState.LOADED:
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
async def make_terminal(port: int) -> AsyncGenerator[MakeTerminal]:
    """Make virtual terminals that stop with the test."""
    async with AsyncExitStack() as stack:

        def _make(profile: str, serial: str, **options: Any) -> VirtualTerminal:
            terminal = VirtualTerminal(
                profile=profile,
                serial=serial,
                url=f"ws://{LOOPBACK}:{port}/pub/chat",
                timing=options.pop("timing", Timing.fast()),
                **options,
            )
            terminal.add_user(User(enrollid=1, name=ADA))
            stack.push_async_callback(terminal.stop)
            return terminal

        yield _make


@pytest.fixture
async def face(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    return await connected(hass, make_terminal("ai_face", FACE))


@pytest.fixture
async def finger(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> VirtualTerminal:
    return await connected(hass, make_terminal("tfs30", FINGER))


@pytest.fixture
async def controller(
    hass: HomeAssistant,
    hub: Hub,
    make_terminal: MakeTerminal,
) -> VirtualTerminal:
    return await connected(hass, make_terminal("controller4", CONTROLLER))


@pytest.fixture
def jump(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Let seconds pass for the event loop all at once, as on a machine that is busy; from any thread."""
    time, ahead = hass.loop.time, 0.0

    def _jump(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(hass.loop, "time", lambda: time() + ahead)
    return _jump


async def connected(hass: HomeAssistant, terminal: VirtualTerminal) -> VirtualTerminal:
    """Dial in and wait until the first questions have been answered."""
    await terminal.start()
    await terminal.wait_registered(timeout=10)
    await terminal.wait_received("getdevlock", timeout=10)
    await hass.async_block_till_done(wait_background_tasks=True)
    return terminal


async def fit_contact(hass: HomeAssistant, hub: Hub, terminal: VirtualTerminal, kind: int = 1) -> None:
    """Let a terminal have a door contact of a kind (0 is none), and tell so."""
    terminal.access_settings["doorsensor"] = kind
    await hub.terminals[terminal.serial].settings.async_read(ACCESS)
    await hass.async_block_till_done()


@pytest.fixture
async def contact(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    """A contact at the front door."""
    await fit_contact(hass, hub, face)


@pytest.fixture
def news_of_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what happened minutes ago be news, also over a connection made since; ask for it before the listener."""
    minutes = timedelta(minutes=2)
    for name in ("CONNECTING", "TAKEN_OVER"):
        monkeypatch.setattr(f"custom_components.timmy_access.terminal.clock.{name}", minutes)
    monkeypatch.setattr("custom_components.timmy_access.hub.terminal.LIVE_WINDOW", minutes)


@pytest.fixture
async def fix(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Fix:
    """Go through the fix flow of an issue as the frontend does, step by step."""
    assert await async_setup_component(hass, "repairs", {})
    # It has web addresses, and there are no more of them once there is a client.
    assert await async_setup_component(hass, "image", {})

    async def _fix(issue_id: str, *steps: dict[str, Any]) -> dict[str, Any]:
        client = await hass_client()
        response = await client.post("/api/repairs/issues/fix", json={"handler": "timmy_access", "issue_id": issue_id})
        assert response.status == HTTPStatus.OK
        result: dict[str, Any] = await response.json()
        for step in steps:
            response = await client.post(f"/api/repairs/issues/fix/{result['flow_id']}", json=step)
            assert response.status == HTTPStatus.OK
            result = await response.json()
        return result

    return _fix


async def settings_form(hass: HomeAssistant, entry: MockConfigEntry, subentry_id: str) -> Any:
    """Return the form in which the owner changes the settings of a terminal."""
    menu = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    return await hass.config_entries.subentries.async_configure(menu["flow_id"], {"next_step_id": "settings"})


async def reload(hass: HomeAssistant, entry: MockConfigEntry, terminal: VirtualTerminal) -> Hub:
    """Reload the listener and return the new one, with a terminal that waits for it to be back before it dials again.

    A terminal that dials while the port closes is an error that asyncio logs.
    """
    await terminal.stop()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await terminal.start()
    hub: Hub = entry.runtime_data
    await terminal.wait_for(lambda: hub.terminals[terminal.serial].session)
    await hass.async_block_till_done(wait_background_tasks=True)
    return hub
