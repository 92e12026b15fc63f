"""The way a browser talks to a Home Assistant."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
import json
from pathlib import Path
import secrets
import socket
from typing import Any, Self

import aiohttp

from .home_socket import CHANGE_SECONDS, HomeError, HomeSocket

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - of a Home Assistant that listens on the loopback only
LOOK_SECONDS = 0.1
# Below those that a system gives to whoever dials (Linux begins at 32,768): of thousands of connections one would get
# the port that was free a moment ago.
PORTS = range(20_000, 32_768)


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection takes until it is used."""
    while not is_free(port := secrets.choice(PORTS)):
        pass
    return port


def is_free(port: int) -> bool:
    """Return whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


class Home:
    """A running Home Assistant, seen through its own HTTP and WebSocket interfaces."""

    def __init__(self, folder: Path, port: int, session: aiohttp.ClientSession, pid: int = 0) -> None:
        """Talk to a Home Assistant on this port with its configuration in `folder`."""
        self.folder = folder
        self.pid = pid
        self.url = f"http://{LOOPBACK}:{port}"
        self._session = session
        self._socket: HomeSocket | None = None
        self.token = ""

    async def get(self, path: str) -> Any:
        """Return what a GET of the interface answers."""
        async with self._session.get(self.url + path, headers=self._headers) as response:
            return await self._body(response)

    async def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what a POST to the interface answers."""
        async with self._session.post(self.url + path, json=body or {}, headers=self._headers) as response:
            return await self._body(response)

    async def call(self, command: str, **arguments: Any) -> Any:
        """Return the result of a command over the WebSocket interface, which is opened again where it was closed."""
        return await (await self._connected()).call(command, **arguments)

    @asynccontextmanager
    async def another(self) -> AsyncGenerator[Self]:
        """Give a second client of the same Home Assistant, logged in."""
        client = type(self)(self.folder, int(self.url.rpartition(":")[2]), self._session, self.pid)
        await client.log_in()
        try:
            yield client
        finally:
            await client.close()

    async def changes(self, entity_ids: Sequence[str]) -> AsyncGenerator[dict[str, Any]]:
        """Yield how entities stand, then each change, as a dashboard gets them; ask nothing else meanwhile."""
        async for change in self.feed("subscribe_entities", entity_ids=list(entity_ids)):
            yield change

    async def feed(self, command: str, **arguments: Any) -> AsyncGenerator[dict[str, Any]]:
        """Yield what a subscription tells; ask nothing else meanwhile."""
        async for told in (await self._connected()).events(command, **arguments):
            yield told

    async def act(self, action: str, **data: Any) -> Any:
        """Perform an action, such as `lock.open`."""
        domain, service = action.split(".")
        return await self.call("call_service", domain=domain, service=service, service_data=data)

    async def states(self) -> dict[str, dict[str, Any]]:
        """Return all states by entity id."""
        return {state["entity_id"]: state for state in await self.call("get_states")}

    async def entity(self, unique_id: str) -> dict[str, Any]:
        """Return the state of an entity of the integration, wherever Home Assistant put its id; empty without one."""
        for entry in await self.call("config/entity_registry/list"):
            if (entry["platform"], entry["unique_id"]) == ("timmy_access", unique_id):
                return (await self.states()).get(entry["entity_id"], {})
        return {}

    async def switch_on(self, unique_id: str) -> str:
        """Switch on an entity of the integration that is off at first, and return its id once it is there."""
        entries = await self.call("config/entity_registry/list")
        known = next(one for one in entries if (one["platform"], one["unique_id"]) == ("timmy_access", unique_id))
        if known["disabled_by"] is not None:
            await self.call("config/entity_registry/update", entity_id=known["entity_id"], disabled_by=None)
            await self.act("homeassistant.reload_config_entry", entry_id=known["config_entry_id"])

        async def is_there() -> bool:
            return bool(await self.entity(unique_id))

        await self.until(f"{unique_id} switched on", is_there)
        return str(known["entity_id"])

    async def device(self, name: str) -> str:
        """Return the id of the device with a name."""
        for device in await self.call("config/device_registry/list"):
            if device["name"] == name:
                return str(device["id"])
        raise HomeError(f"no device {name}")

    async def until[T](self, what: str, look: Callable[[], Any]) -> T:
        """Look again and again until there is something to see, and return it."""
        try:
            async with asyncio.timeout(CHANGE_SECONDS):
                while not (found := await look()):  # noqa: ASYNC110 - at another process one can only look
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as err:
            raise HomeError(f"{what}: not seen within {CHANGE_SECONDS:.0f} s") from err
        result: T = found
        return result

    async def add_user(self, name: str, password: str) -> None:
        """Let somebody use Home Assistant who does not administer it."""
        made = await self.call("config/auth/create", name=name, group_ids=["system-users"], local_only=True)
        login = {"user_id": made["user"]["id"], "username": name, "password": password}
        await self.call("config/auth_provider/homeassistant/create", **login)

    async def move_in(self) -> None:
        """Become its first user, unless somebody is already."""
        body = {"client_id": f"{self.url}/", "language": "en", "name": USER, "password": PASSWORD, "username": USER}
        async with self._session.post(f"{self.url}/api/onboarding/users", json=body) as response:
            if response.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
                await self._body(response)

    async def log_in(self) -> None:
        """Log in as a browser does, and open the WebSocket interface."""
        client = f"{self.url}/"
        flow = await self.post(
            "/auth/login_flow",
            {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client},
        )
        step = await self.post(
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": client, "username": USER, "password": PASSWORD},
        )
        async with self._session.post(
            f"{self.url}/auth/token",
            data={
                "client_id": client,
                "code": step["result"],
                "grant_type": "authorization_code",
            },
        ) as response:
            self.token = (await self._body(response))["access_token"]
        self._socket = await self._opened()

    async def set_up(self, handler: str, data: dict[str, Any]) -> dict[str, Any]:
        """Set up an integration through its dialog."""
        form = await self.post("/api/config/config_entries/flow", {"handler": handler})
        if form["type"] == "menu":  # there is one already
            form = await self.post(f"/api/config/config_entries/flow/{form['flow_id']}", {"next_step_id": "listener"})
        result: dict[str, Any] = await self.post(f"/api/config/config_entries/flow/{form['flow_id']}", data)
        if result["type"] != "create_entry":
            raise HomeError(f"{handler} was not set up: {result}")
        return result

    async def discovered(self, text: str) -> dict[str, Any]:
        """Return the discovery card whose title holds a text, once it shows."""

        async def look() -> dict[str, Any] | None:
            for flow in await self.call("config_entries/flow/progress"):
                name = flow["context"].get("title_placeholders", {}).get("name", "")
                if text in name:
                    return dict(flow)
            return None

        return await self.until(f"discovery card of {text}", look)

    async def approve(self, text: str, **data: Any) -> dict[str, Any]:
        """Approve a discovered terminal with its card."""
        card = await self.discovered(text)
        path = f"/api/config/config_entries/flow/{card['flow_id']}"
        result: dict[str, Any] = await self.post(path, data)
        if result.get("step_id") == "doors":  # they keep their numbers
            result = await self.post(path, {})
        if result.get("reason") != "terminal_approved":
            raise HomeError(f"{text} was not approved: {result}")
        return result

    async def close(self) -> None:
        """Close the WebSocket interface."""
        if self._socket is not None:
            await self._socket.close()

    async def _connected(self) -> HomeSocket:
        if self._socket is None:
            raise HomeError("not connected")
        if self._socket.is_closed:
            self._socket = await self._opened()
        return self._socket

    async def _opened(self) -> HomeSocket:
        return await HomeSocket.opened(self._session, f"{self.url}/api/websocket", self.token)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @staticmethod
    async def _body(response: aiohttp.ClientResponse) -> Any:
        text = await response.text()
        if not response.ok:
            raise HomeError(f"{response.status} for {response.url.path}: {text}")
        return json.loads(text)
