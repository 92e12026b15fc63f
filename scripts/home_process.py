"""A real Home Assistant in a process of its own."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from pathlib import Path
import shutil
import sys
from typing import Any

import aiohttp

from .home import LOOK_SECONDS, LOOPBACK, PASSWORD, REPOSITORY, USER, Home
from .home_socket import HomeError

# A cold start compiles and migrates a new database; on two slow cores it takes about 20 s.
START_SECONDS = 120.0
STOP_SECONDS = 20.0

CONFIGURATION = """\
homeassistant:
  name: Timmy Access demo
  country: DE
  language: en
  time_zone: Europe/Berlin
  unit_system: metric
automation: !include automations.yaml
config:
frontend:
history:
logbook:
person:
recorder:
schedule:
system_health:
logger:
  default: warning
  logs:
    custom_components.timmy_access: info
"""
ONBOARDED: dict[str, Any] = {
    "version": 4,
    "minor_version": 1,
    "key": "onboarding",
    "data": {"done": ["core_config", "analytics", "integration"]},
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a new Home Assistant starts with: its YAML, files of its storage, and folders of custom components.

    Components that have no manifest of their own get one of `manifests`, by their names.
    """

    configuration: str = CONFIGURATION
    storage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    components: tuple[Path, ...] = (REPOSITORY / "custom_components" / "timmy_access",)
    manifests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


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


def prepare(folder: Path, port: int, plan: Plan) -> None:
    """Write the configuration of a new Home Assistant in which nobody lives yet, and all else is decided."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / ".storage").mkdir(parents=True)
    (folder / "configuration.yaml").write_text(plan.configuration)
    (folder / "automations.yaml").write_text("[]\n")
    for name, content in {"http": web_server(port), "onboarding": ONBOARDED, **plan.storage}.items():
        (folder / ".storage" / name).write_text(json.dumps(content))
    (folder / "custom_components").mkdir()
    for component in plan.components:
        target = folder / "custom_components" / component.name
        if (manifest := plan.manifests.get(component.name)) is None:
            target.symlink_to(component)
            continue
        target.mkdir()
        (target / "manifest.json").write_text(json.dumps(manifest))
        for source in component.glob("*.py"):
            (target / source.name).symlink_to(source)


class HomeProcess:
    """One Home Assistant that can be started, stopped and killed, again and again."""

    def __init__(self, folder: Path, port: int, environment: Mapping[str, str] | None = None) -> None:
        """Use a folder that `prepare` has written."""
        self.folder = folder
        self.port = port
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None

    async def add_user(self) -> None:
        """Add the user that people log in with, before the first start; raises `HomeError`.

        Takes some seconds; whoever can wait for the web server has the user move in instead.
        """
        script = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeassistant", "--script", "auth", "-c", str(self.folder)),
            *("add", USER, PASSWORD),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        if await script.wait():
            raise HomeError("the demo user could not be created")
        done = {**ONBOARDED, "data": {"done": ["user", *ONBOARDED["data"]["done"]]}}
        await asyncio.to_thread((self.folder / ".storage" / "onboarding").write_text, json.dumps(done))

    async def start(self) -> None:
        """Start it; its output goes to `output.log` in its folder."""
        with (self.folder / "output.log").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "homeassistant", "-c", str(self.folder), "--skip-pip"),
                stdout=output,
                stderr=output,
                env=self._environment,
                cwd=self.folder,  # or Python would find the custom components of this repository first
            )

    @property
    def pid(self) -> int:
        """The process id; raises `HomeError` before the start."""
        if self._process is None:
            raise HomeError("not started")
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it does not run."""
        return self._process is None or self._process.returncode is not None

    async def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """End it in good order, or after a while at once."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()


@asynccontextmanager
async def running_home(folder: Path, port: int, plan: Plan | None = None) -> AsyncGenerator[Home]:
    """Run a new Home Assistant until the context ends; its log is `home-assistant.log` in the folder."""
    await asyncio.to_thread(prepare, folder, port, plan or Plan())
    async with living(HomeProcess(folder, port)) as home:
        yield home


@asynccontextmanager
async def living(process: HomeProcess) -> AsyncGenerator[Home]:
    """Run a Home Assistant whose folder is ready until the context ends."""
    await process.start()
    try:
        async with aiohttp.ClientSession() as session:
            home = Home(process.folder, process.port, session, process.pid)
            await started(home, process)
            try:
                yield home
            finally:
                await home.close()
    finally:
        await process.stop()


async def started(home: Home, process: HomeProcess) -> None:
    """Wait until it runs, move in, and log in; raises `HomeError`."""
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                if process.ended:
                    raise HomeError(f"Home Assistant ended, see {home.folder / 'output.log'}")
                try:
                    await home.move_in()
                    await home.log_in()
                    break
                except aiohttp.ClientError, HomeError:
                    await asyncio.sleep(LOOK_SECONDS)
            while (await home.call("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110 - one can only look
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as err:
        raise HomeError(f"Home Assistant did not start within {START_SECONDS:.0f} s") from err
