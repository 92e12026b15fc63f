"""No secret that a terminal tells is found where people look who are not to know it."""

import asyncio
from base64 import b64encode
from collections import Counter
import itertools
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
from websockets.asyncio.client import ClientConnection, connect

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.records.photos import roots
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from .conftest import FACE, LOOPBACK
from .panel.told import asked
from .until import SECONDS, listen

# Long and odd enough to be nowhere by chance; a PIN has at most eight digits.
WORDS = st.text("BCDFGHJKLMNPQRSTVWXZbcdfghjklmnpqrstvwxz", min_size=12, max_size=24)
# Of other letters, as who came in before is still in the states.
NAMES = st.text("AEIOUaeiou", min_size=12, max_size=24)
NUMBERS = st.integers(70_000_000, 79_999_999)
EXAMPLES = 30
ENROLL_IDS = itertools.count(1000)
# How photos begin; what comes behind it is base64 as if it were not there.
JPEG = b"\xff\xd8\xff"
# What the terminal's side of the connections says to its own log.
THE_PEER = "websockets.client"


def told(name: str, words: list[str], numbers: list[int]) -> list[dict[str, Any] | str]:
    """Return one frame of each kind, with something in each place that must not come out."""
    word, number = iter(words), iter(numbers)
    enroll_id = next(ENROLL_IDS)  # another each time, or the punch would be taken for the one before
    now = dt_util.now().strftime("%Y-%m-%d %H:%M:%S")
    photo = b64encode(JPEG + f"{next(word)}{'A' * 90}".encode()).decode()
    who = {"enrollid": enroll_id, "name": name}
    return [
        {"cmd": "reg", "sn": FACE, "devinfo": {"modelname": "x", "wifipassword": next(word), "x": {"y": next(number)}}},
        {
            "cmd": "sendlog",
            "sn": FACE,
            "count": 1,
            "logindex": 1,
            "record": [
                {
                    "enrollid": enroll_id,
                    "time": now,
                    "mode": 1,
                    "inout": 0,
                    "event": 0,
                    "name": name,
                    "image": photo,
                    "note": {"msg": next(word)},
                    "card": next(number),
                    "unheard": [next(word)],
                }
            ],
        },
        {"cmd": "senduser", "sn": FACE, **who, "backupnum": 0, "admin": 0, "record": next(word)},
        {"cmd": "senduser", "sn": FACE, **who, "backupnum": 10, "record": next(number)},
        {"cmd": "senduser", "sn": FACE, **who, "backupnum": 11, "record": str(next(number))},
        {"cmd": "senduser", "sn": FACE, **who, "backupnum": 50, "record": photo},
        {"cmd": "sendqrcode", "sn": FACE, "record": next(word)},
        {"cmd": "sendpin", "sn": FACE, "pin": str(next(number))},
        {"cmd": "sendpin", "sn": FACE, "pin": next(number)},
        {"cmd": "sendgps", "sn": FACE, "place": next(word), "deep": [{"deeper": {"key": next(number)}}]},
        {
            "ret": "getuserinfo",
            "sn": FACE,
            "result": True,
            "enrollid": enroll_id,
            "backupnum": 10,
            "record": next(number),
        },
        {"ret": "getuserprofile", "sn": FACE, "result": True, "record": next(word)},
        {"ret": "getquestionnaire", "sn": FACE, "result": True, "title": next(word), "items": [next(word)]},
        {"ret": "opendoor", "sn": FACE, "result": False, "reason": next(word), "msg": next(word)},
        f'{{"cmd": "sendpin", "sn": "{FACE}", "pin": "{next(word)}" oops',
        f'["{next(word)}"]',
        {"cmd": "sendpin", "sn": FACE, "pin": next(word) * 1000},
    ]


async def answer(terminal: ClientConnection, frames: list[dict[str, Any] | str], all_heard: asyncio.Event) -> None:
    """Refuse every command, and say when everything has been answered that is."""
    missing = Counter(str(frame["cmd"]) for frame in frames if isinstance(frame, dict) and "cmd" in frame)
    async for data in terminal:
        frame = json.loads(data)
        if "cmd" in frame:
            await terminal.send(json.dumps({"ret": frame["cmd"], "result": False, "reason": 1}))
        else:
            missing[frame["ret"]] -= 1
            if not +missing:
                all_heard.set()


def sealed_in(hass: HomeAssistant, entry: MockConfigEntry) -> list[Path]:
    """Return the files of the photos that are kept."""
    return [path for root in roots(hass, entry.entry_id) for path in root.rglob("*") if path.is_file()]


@settings(
    deadline=None,
    derandomize=True,
    max_examples=EXAMPLES,
    phases=[Phase.generate],  # the place tells; a smaller example would not
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=NAMES,
    words=st.lists(WORDS, min_size=15, max_size=15, unique=True),
    numbers=st.lists(NUMBERS, min_size=8, max_size=8, unique=True),
)
async def test_no_secret_comes_out(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    port: int,
    hass_client: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
    name: str,
    words: list[str],
    numbers: list[int],
) -> None:
    hass.config_entries.async_update_entry(entry, options={"photos": True})
    await hass.async_block_till_done(wait_background_tasks=True)
    caplog.clear()
    heard = listen(hass, "*")
    hub.terminals[FACE].verdicts.async_apply({"decision_window": 0.01})
    registration, *frames = told(name, words, numbers)
    all_heard = asyncio.Event()
    async with connect(f"ws://{LOOPBACK}:{port}/pub/chat", compression=None) as terminal, asyncio.TaskGroup() as group:
        await terminal.send(json.dumps(registration))
        assert json.loads(await terminal.recv())["result"]
        answering = group.create_task(answer(terminal, frames, all_heard))
        for frame in frames:
            await terminal.send(frame if isinstance(frame, str) else json.dumps(frame))
        async with asyncio.timeout(SECONDS):
            await all_heard.wait()
        await hass.async_block_till_done(wait_background_tasks=True)
        shown = {
            "diagnostics": json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry)),
            "log": "\n".join(
                f"{line.getMessage()} {line.exc_text or ''}" for line in caplog.records if line.name != THE_PEER
            ),
            "states": json.dumps([state.as_dict() for state in hass.states.async_all()], default=str),
            "events": json.dumps([event.as_dict() for event in heard], default=str),
            "websocket": json.dumps(await asked(await hass_ws_client(hass), "log")),
            "photos": str([(path, path.read_bytes()) for path in sealed_in(hass, entry)]),
            "repairs": str(list(ir.async_get(hass).issues.values())),
        }
        answering.cancel()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hub.terminals[FACE].counters.malformed % 2 == 0  # all has been heard
    assert "too large to be kept" in shown["diagnostics"]
    secrets = [*words, *map(str, numbers), b64encode(words[0].encode()).decode()[:12]]
    for place, text in shown.items():
        found = [line for line in text.splitlines() if any(secret in line for secret in secrets)]
        assert found == [], place
    assert '"photo": "' in shown["websocket"]  # it is kept
    assert name in shown["states"]  # who came in is what it is all for
    for place in ("diagnostics", "photos", "repairs"):
        assert name not in shown[place], place
