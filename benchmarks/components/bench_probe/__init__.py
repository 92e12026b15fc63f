"""Looks at the event loop and the process of a Home Assistant that is being measured."""

import asyncio
from collections import Counter
import ctypes
import gc
from importlib import import_module
import os
from pathlib import Path
import resource
import threading
import time
from typing import Any, Self

import voluptuous as vol

from homeassistant.components import websocket_api
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED, MATCH_ALL, STATE_ON, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

DOMAIN = "bench_probe"
# How often the loop is looked at; a finer step would itself be a load.
TICK_SECONDS = 0.002
PAGE_KILOBYTES = os.sysconf("SC_PAGE_SIZE") / 1024


class Watch:
    """The longest time the event loop stood still since it was last asked."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.worst = 0.0

    async def run(self) -> None:
        """Look for ever."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(TICK_SECONDS)
            self.worst = max(self.worst, time.perf_counter() - begun - TICK_SECONDS)


class SlowSteps:
    """Steps of the event loop that took too much of the processor, without what Python's garbage collector took of it.

    The collector walks through all of Home Assistant when enough has been made, whoever makes it: that is told apart.
    asyncio's own watch for such steps notes where each task and timer was made, and takes longer than they do.
    """

    def __init__(self, seconds: float) -> None:
        """Look for steps that take longer; `with` looks."""
        self._seconds = seconds
        self._begun = self._collected = 0.0
        self._run = asyncio.Handle._run  # noqa: SLF001 - nothing else tells of each step
        self.texts: list[str] = []
        self.worst = self.worst_collection = 0.0

    def __enter__(self) -> Self:
        """Look from now on."""
        run = self._run

        def _run(handle: asyncio.Handle) -> None:
            text = repr(handle)  # while it is still known what is waited for
            begun, self._collected = time.thread_time(), 0.0
            run(handle)
            took = time.thread_time() - begun - self._collected
            self.worst = max(self.worst, took)
            if took > self._seconds:
                self.texts.append(f"{took:.3f} s: {text}")

        setattr(asyncio.Handle, "_run", _run)  # noqa: B010 - to types it is no function that may be replaced
        gc.callbacks.append(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Look no more."""
        gc.callbacks.remove(self._note)
        setattr(asyncio.Handle, "_run", self._run)  # noqa: B010 - as above

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        if phase == "start":
            self._begun = time.thread_time()
        else:
            took = time.thread_time() - self._begun
            self._collected += took
            self.worst_collection = max(self.worst_collection, took)


class Steps:
    """The step of the event loop that took most of the processor since it was last asked."""

    def __init__(self) -> None:
        """Look at every step from now on: waiting for the processor, or for another thread, is not counted."""
        self.worst = 0.0
        self.step = ""
        run = asyncio.Handle._run  # noqa: SLF001 - nothing else tells of each step

        def _run(handle: asyncio.Handle) -> None:
            begun = time.thread_time()
            run(handle)
            if (took := time.thread_time() - begun) > self.worst:
                self.worst, self.step = took, repr(handle)

        setattr(asyncio.Handle, "_run", _run)  # noqa: B010 - to types it is no function that may be replaced

    def read(self) -> dict[str, Any]:
        """Return the dearest, and begin anew."""
        seen = {"worst_ms": self.worst * 1000, "step": self.step}
        self.worst, self.step = 0.0, ""
        return seen


class Collections:
    """The walks of Python's garbage collector through all that has lived for long, since it was last asked."""

    def __init__(self, objects: int) -> None:
        """Hold so many objects, as a Home Assistant with much in it does, and look from now on."""
        self._heap = [[number] for number in range(objects)]
        gc.collect()
        self._begun = 0.0
        self.count = 0
        self.worst = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] < len(gc.get_threshold()) - 1:
            return
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self.count += 1
            self.worst = max(self.worst, time.thread_time() - self._begun)

    def read(self) -> dict[str, float]:
        """Return how many there were and what the dearest took, and begin anew."""
        seen = {"count": self.count, "worst_ms": self.worst * 1000}
        self.count, self.worst = 0, 0.0
        return seen


class Told:
    """What was told on the bus since it was last asked: events by their type, and writes by their entity."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Listen from now on."""
        self._events: Counter[str] = Counter()
        self._states: Counter[str] = Counter()
        hass.bus.async_listen(MATCH_ALL, self._note)

    @callback
    def _note(self, event: Event) -> None:
        self._events[str(event.event_type)] += 1
        if event.event_type in (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED):
            self._states[event.data["entity_id"]] += 1

    def read(self) -> dict[str, dict[str, int]]:
        """Return it, and begin anew."""
        seen = {"events": dict(self._events), "states": dict(self._states)}
        self._events.clear()
        self._states.clear()
        return seen


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:  # noqa: ARG001 - given by Home Assistant
    """Watch from now on."""
    watch = hass.data[DOMAIN] = Watch()
    hass.async_create_background_task(watch.run(), "bench probe")
    for command in (_collections, _connected, _read, _reload, _roomy, _steps, _told, _write):
        websocket_api.async_register_command(hass, command)

    @callback
    def _nothing(_: ServiceCall) -> None:
        """Do nothing."""

    hass.services.async_register(DOMAIN, "nothing", _nothing)
    return True


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/read", vol.Optional("tidied", default=True): bool})
@websocket_api.async_response
async def _read(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell what was seen since the last time; memory is that of a process which is `tidied` before, for some time."""
    watch: Watch = hass.data[DOMAIN]
    stall = watch.worst
    seen = await hass.async_add_executor_job(_process, message["tidied"])
    # What the looking itself does to the loop is not to be seen: a tick that had begun meanwhile must be over.
    await asyncio.sleep(2 * TICK_SECONDS)
    watch.worst = 0.0
    connection.send_result(message["id"], {"stall_ms": stall * 1000, "tasks": len(asyncio.all_tasks()), **seen})


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/steps"})
@callback
def _steps(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell of the dearest step since the last time; the first time begins to look."""
    steps: Steps = hass.data.setdefault(f"{DOMAIN}_steps", None) or Steps()
    hass.data[f"{DOMAIN}_steps"] = steps
    connection.send_result(message["id"], steps.read())


@websocket_api.websocket_command(
    {vol.Required("type"): "bench_probe/collections", vol.Optional("objects", default=0): vol.Coerce(int)}
)
@callback
def _collections(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell of the garbage collector's walks since the last time; the first time begins to look, beside some objects."""
    name = f"{DOMAIN}_collections"
    if name not in hass.data:
        hass.data[name] = Collections(message["objects"])
    collections: Collections = hass.data[name]
    connection.send_result(message["id"], collections.read())


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/told"})
@callback
def _told(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell what was told on the bus since the last time; the first time begins to listen."""
    name = f"{DOMAIN}_told"
    if name not in hass.data:
        hass.data[name] = Told(hass)
    told: Told = hass.data[name]
    connection.send_result(message["id"], told.read())


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/write", vol.Required("states"): int})
@callback
def _write(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Write so many states, as the least integration would that shows as many facts."""
    for number in range(message["states"]):
        hass.states.async_set(f"{DOMAIN}.fact_{number}", dt_util.utcnow().isoformat(), {"person": "Person 1"})
    connection.send_result(message["id"])


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/roomy"})
@callback
def _roomy(_: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Have room in the ledger for all that is not understood: how much there is, is tried by itself."""
    unread = import_module("custom_components.timmy_access.ledger.unread")
    vars(unread).update(MAX_UNREAD=10**9, MAX_UNREAD_CHARACTERS=10**12)
    connection.send_result(message["id"])


@websocket_api.websocket_command({vol.Required("type"): "bench_probe/connected"})
@callback
def _connected(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Tell how many terminals are connected, and show it where they have entities."""
    counts = [
        sum(terminal.session is not None for terminal in entry.runtime_data.terminals.values())
        for entry in hass.config_entries.async_loaded_entries("timmy_access")
    ]
    if locks := hass.states.async_all("lock"):
        counts.append(sum(state.state != STATE_UNAVAILABLE for state in locks))
        counts.append(
            sum(
                state.state == STATE_ON
                for state in hass.states.async_all("binary_sensor")
                if state.attributes.get("device_class") == "connectivity"
            )
        )
    # All of them at once: the smallest while they come, the largest while they go.
    connection.send_result(message["id"], [min(counts), max(counts)])


@websocket_api.websocket_command(
    {
        vol.Required("type"): "bench_probe/reload",
        vol.Required("entry_id"): str,
        vol.Required("slow_seconds"): vol.Coerce(float),
    }
)
@websocket_api.async_response
async def _reload(hass: HomeAssistant, connection: websocket_api.ActiveConnection, message: dict[str, Any]) -> None:
    """Set an entry up anew, and once more while each step of the event loop is looked at."""
    entry_id = message["entry_id"]
    await hass.config_entries.async_unload(entry_id)
    begun = time.perf_counter()
    await hass.config_entries.async_setup(entry_id)
    seconds = time.perf_counter() - begun
    await hass.config_entries.async_unload(entry_id)
    await hass.async_add_executor_job(gc.collect)  # what the first left is not to be cleared away by the second
    # This handler runs in a step that had begun before it could be looked at.
    await asyncio.sleep(0)
    with SlowSteps(message["slow_seconds"]) as steps:
        await asyncio.sleep(0)
        await hass.config_entries.async_setup(entry_id)
        await hass.async_block_till_done()
    connection.send_result(
        message["id"],
        {
            "seconds": seconds,
            "slow": steps.texts,
            "longest_ms": steps.worst * 1000,
            "collection_ms": steps.worst_collection * 1000,
        },
    )


def _process(tidied: bool) -> dict[str, float]:
    if tidied:
        gc.collect()
        # What is free already would be filled first, and what comes next would seem to cost nothing.
        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
            trim(0)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "memory_kb": int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_KILOBYTES,
        "files": len(list(Path("/proc/self/fd").iterdir())),
    }
