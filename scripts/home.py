"""A real Home Assistant in a process of its own, and the way a browser talks to it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import json
from pathlib import Path
import shutil
import socket
import sys
from typing import Any

import aiohttp

REPOSITORY = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
USER = "demo"
PASSWORD = "demo"  # noqa: S105 - of a Home Assistant that listens on the loopback only
# A cold start compiles and migrates a new database; on two slow cores it takes about 20 s.
START_SECONDS = 120.0
# How long any single change may take to show.
CHANGE_SECONDS = 30.0
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.1

CONFIGURATION = """\
homeassistant:
  name: Timmy Access demo
  country: DE
  language: en
  time_zone: Europe/Berlin
  unit_system: metric
automation: []
config:
frontend:
history:
logbook:
person:
recorder:
system_health:
logger:
  default: warning
  logs:
    custom_components.timmy_access: info
"""
ONBOARDED = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["user", "core_config", "analytics", "integration"]},
}


def free_port() -> int:
    """Return a port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
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


class HomeError(Exception):
    """Home Assistant did not do what it was asked to."""


class Home:
    """A running Home Assistant, seen through its own HTTP and WebSocket interfaces."""

    def __init__(self, folder: Path, port: int, session: aiohttp.ClientSession) -> None:
        """Talk to a Home Assistant on this port with its configuration in `folder`."""
        self.folder = folder
        self.url = f"http://{LOOPBACK}:{port}"
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._ids = iter(range(1, sys.maxsize))
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
        """Return the result of a command over the WebSocket interface."""
        if self._socket is None:
            raise HomeError("not connected")
        await self._socket.send_json({"id": next(self._ids), "type": command, **arguments})
        answer = await self._socket.receive_json(timeout=CHANGE_SECONDS)
        if not answer["success"]:
            raise HomeError(answer["error"]["message"])
        return answer["result"]

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
        self._socket = await self._session.ws_connect(f"{self.url}/api/websocket")
        await self._socket.receive_json(timeout=CHANGE_SECONDS)
        await self._socket.send_json({"type": "auth", "access_token": self.token})
        if (await self._socket.receive_json(timeout=CHANGE_SECONDS))["type"] != "auth_ok":
            raise HomeError("login refused")

    async def set_up(self, handler: str, data: dict[str, Any]) -> dict[str, Any]:
        """Set up an integration through its dialog."""
        form = await self.post("/api/config/config_entries/flow", {"handler": handler})
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
        result: dict[str, Any] = await self.post(f"/api/config/config_entries/flow/{card['flow_id']}", data)
        if result.get("reason") != "terminal_approved":
            raise HomeError(f"{text} was not approved: {result}")
        return result

    async def close(self) -> None:
        """Close the WebSocket interface."""
        if self._socket is not None:
            await self._socket.close()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @staticmethod
    async def _body(response: aiohttp.ClientResponse) -> Any:
        text = await response.text()
        if not response.ok:
            raise HomeError(f"{response.status} for {response.url.path}: {text}")
        return json.loads(text)


def web_server(port: int) -> dict[str, Any]:
    """Return the web server's settings as somebody has confirmed them; those of YAML would be tried and taken back."""
    settings = {
        "server_host": [LOOPBACK],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    return {
        "version": 2,
        "minor_version": 2,
        "key": "http",
        "data": {"stable": settings, "pending": None, "yaml_migration_done": True},
    }


def prepare(folder: Path, port: int) -> None:
    """Write the configuration of a new Home Assistant that is onboarded already."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".storage").mkdir(parents=True)
    (folder / "configuration.yaml").write_text(CONFIGURATION)
    for name, content in (("http", web_server(port)), ("onboarding", ONBOARDED)):
        (folder / ".storage" / name).write_text(json.dumps(content))
    (folder / "custom_components").symlink_to(REPOSITORY / "custom_components")


@asynccontextmanager
async def running_home(folder: Path, port: int) -> AsyncGenerator[Home]:
    """Run a new Home Assistant until the context ends; its log is `home-assistant.log` in the folder."""
    await asyncio.to_thread(prepare, folder, port)
    hass = (sys.executable, "-m", "homeassistant")
    script = await asyncio.create_subprocess_exec(
        *hass,
        *("--script", "auth", "-c", str(folder), "add", USER, PASSWORD),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    if await script.wait():
        raise HomeError("the demo user could not be created")
    with (folder / "output.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *hass, *("-c", str(folder), "--skip-pip"), stdout=output, stderr=output
        )
    try:
        async with aiohttp.ClientSession() as session:
            home = Home(folder, port, session)
            await _started(home, process)
            try:
                yield home
            finally:
                await home.close()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _started(home: Home, process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.returncode is not None:
                    raise HomeError(f"Home Assistant ended, see {home.folder / 'output.log'}")
                try:
                    await home.log_in()
                    break
                except aiohttp.ClientError, HomeError:
                    await asyncio.sleep(LOOK_SECONDS)
            while (await home.call("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 - as above
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as err:
        raise HomeError(f"Home Assistant did not start within {START_SECONDS:.0f} s") from err
