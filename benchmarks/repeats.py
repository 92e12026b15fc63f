"""Whether terminals that say the same thing over and over are borne with patience (field notes 3)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from .building import Building
from .figures import Figure
from .lean import LeanTerminal
from .load import FRAME, ZONE, backlog_frame

PART = "repeats"
TERMINALS = 1
# As seen in the field; there the uploads of one person came 28 times a second, here as fast as they are answered.
BATCHES = 448
UPLOADS = 2898
QUICK_SHARE = 10
STALL_MILLISECONDS = 20
# Longer ago than anything else that is measured.
DAYS = 90


async def kept(house: Building, since: datetime) -> int:
    """Return how many records the access log holds of these days."""
    answer: Any = await house.home.call(
        "call_service",
        domain="timmy_access",
        service="get_logs",
        service_data={
            "device_id": [await house.home.device(house.name_of(house.serials[0]))],
            "from": since.isoformat(),
            "until": (since + timedelta(days=1)).isoformat(),
        },
        return_response=True,
    )
    return len(answer["response"]["records"])


def log_lines(log: Path) -> int:
    """Return how many lines the integration wrote into Home Assistant's log."""
    return sum("timmy_access" in line for line in log.read_text().splitlines())


async def measure(house: Building, *, quick: bool) -> list[Figure]:
    """Return the figures of this part."""
    share = QUICK_SHARE if quick else 1
    serial = house.serials[0]
    log = house.home.folder / "home-assistant.log"
    began = (datetime.now(ZONE) - timedelta(days=DAYS)).replace(microsecond=0)
    batch = orjson.dumps(backlog_frame(serial, 0, FRAME, began.replace(tzinfo=None))).decode()
    upload = {"enrollid": 17, "name": "Ada", "backupnum": 50, "admin": 0, "record": "AAAA" * 5000}
    user = orjson.dumps({"cmd": "senduser", "sn": serial, **upload}).decode()
    lines = log_lines(log)
    async with LeanTerminal(house.url, serial) as terminal:
        await house.until_connected(1)
        await house.probe()
        for _ in range(BATCHES // share):
            await terminal.ask_with(batch, "sendlog")
        batch_stall = (await house.probe())["stall_ms"]
        for _ in range(UPLOADS // share):
            await terminal.ask_with(user, "senduser")
        upload_stall = (await house.probe())["stall_ms"]
    return [
        Figure(
            part=PART,
            measure=f"rows of {FRAME} records, sent {BATCHES // share} times",
            value=await kept(house, began - timedelta(minutes=1)),
            limit=FRAME,
            unit="",
            target="<= 1",
        ),
        Figure(part=PART, measure="lines in the log", value=log_lines(log) - lines, unit="", target="<= 1"),
        *(
            Figure(
                part=PART,
                measure=f"{what}, longest stall",
                value=stall,
                unit="ms",
                target=f"< {STALL_MILLISECONDS}",
            )
            for what, stall in (("batches", batch_stall), ("uploads", upload_stall))
        ),
    ]
