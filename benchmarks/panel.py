"""How long the panel takes until there is something to see, and whether it jerks, in a real Chromium.

A house of many people with a long log, beside one without either, in the same run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
import shutil
from typing import Any

from playwright.async_api import Page

from custom_components.timmy_access.ledger import default_url
from scripts.browser import logged_in
from scripts.home import free_port
from scripts.home_process import HomeProcess, prepare

from .building import living_for_once, plan, serials_of
from .figures import MILLISECONDS, Figure, latency
from .filling import furnish
from .ledgers import END_TIME, sqlite_ledger

PART = "panel"
TERMINALS = 20
PEOPLE = 5000
RECORDS = 1_000_000
# What nobody takes for waiting.
CONTENT_MILLISECONDS = 1000
# What the eye sees.
FRAME_MILLISECONDS = 50
STALL_MILLISECONDS = 50
# How often each view is gone to; the first time is another figure.
VISITS = 3
PANEL = "timmy-access-panel"
# Each view's element, and what is there first: a row, or that there is none. The first also brings the panel itself.
VIEWS: Mapping[str, tuple[str, str]] = {
    "doors": ("timmy-doors", ".card"),
    "people": ("timmy-people", "timmy-person-row, .empty"),
    "log": ("timmy-log", "timmy-record, .empty"),
    # The last month of which the ledger knows.
    f"hours?month={END_TIME:%Y-%m}": ("timmy-hours", "tbody tr, .empty"),
}
# Another page of Home Assistant, without much on it.
ELSEWHERE = "/profile/general"
# What is there is looked for in each frame: from outside it would be asked for twice a second at last.
GO = """
async ([path, elements, patience]) => {
  const found = (root, selector) =>
    root.querySelector(selector) ??
    [...root.querySelectorAll("*")].reduce((one, it) => one ?? (it.shadowRoot && found(it.shadowRoot, selector)), null);
  const inside = (root, [element, ...others]) => {
    const one = found(root, element);
    return others.length && one ? inside(one.shadowRoot ?? one, others) : one;
  };
  const begun = performance.now();
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", {detail: {replace: false}}));
  while (!inside(document, elements)?.getClientRects().length) {
    await new Promise(requestAnimationFrame);
    if (performance.now() - begun > patience) throw new Error(`${path} shows nothing`);
  }
  return performance.now() - begun;
}
"""
# What is broken rather than slow, in milliseconds.
PATIENCE = 30_000
# A flick moves a screen in a few frames: pixels a frame, from the first person to the last.
FLICK_PIXELS = 600
# What takes the page longer than this at once is told by the browser itself, and what frames wait for.
SCROLL = """
async ([frame, pixels]) => {
  const tasks = [];
  const observer = new PerformanceObserver(list => tasks.push(...list.getEntries().map(it => it.duration)));
  observer.observe({type: "longtask"});
  const frames = [];
  let last = performance.now();
  for (let at = 0; at < frame.scrollHeight - frame.clientHeight; at += pixels) {
    frame.scrollTop = at + pixels;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  // Rows are put in order when nothing moves any more.
  const places = () => [...frame.querySelectorAll(".row")].map(it => Number(it.getAttribute("aria-posinset")));
  while (!places().every((place, index, all) => index === 0 || all[index - 1] < place)) {
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  tasks.push(...observer.takeRecords().map(it => it.duration));
  observer.disconnect();
  frames.sort((one, other) => one - other);
  const bottom = frame.scrollTop + frame.clientHeight >= frame.scrollHeight - 1;
  return {task: Math.max(0, ...tasks), median: frames[frames.length >> 1], worst: frames.at(-1), bottom};
}
"""


@dataclass
class Seen:
    """What was seen of one house: seconds until the first content by view, at first and the best of more visits."""

    first: float = 0.0
    views: dict[str, float] = field(default_factory=dict)
    scrolled: Mapping[str, Any] = field(default_factory=dict)
    stall: float = 0.0
    # Python's walks through all that lives, which hold up everything: each takes as long as Home Assistant is large.
    walks: Mapping[str, float] = field(default_factory=dict)


async def go(page: Page, view: str) -> float:
    """Go to a view as by a link, and return how many seconds it took until there was something to see."""
    milliseconds: float = await page.evaluate(GO, [f"/timmy-access/{view}", [PANEL, *VIEWS[view]], PATIENCE])
    return milliseconds / MILLISECONDS


async def seen(folder: Path, people: int, records: int) -> Seen:
    """Look at a house with so many people, and so many records in its log."""
    home_port, port = free_port(), free_port()
    serials = serials_of(TERMINALS)
    prepare(folder, home_port, plan(port, serials, more="frontend:\nconfig:\n", options={"vault": True}))
    process = HomeProcess(folder, home_port)
    if records:
        shutil.copy(str((await sqlite_ledger(records)).database), str(default_url(folder).database))
    await furnish(folder, serials[0], people)
    told = Seen()
    async with living_for_once(process) as home, logged_in(home) as page:
        await page.goto(home.url + ELSEWHERE)
        await page.locator("ha-panel-profile").wait_for(state="attached")
        await home.call("bench_probe/collections")
        await home.call("bench_probe/read")
        for visit in range(VISITS):
            for view in VIEWS:
                seconds = await go(page, view)
                if visit == 0 and view == next(iter(VIEWS)):
                    told.first = seconds
                else:
                    told.views[view] = min(seconds, told.views.get(view, seconds))
        await go(page, "people")
        if people:
            frame = await page.locator(f"{PANEL} timmy-people timmy-list .frame").element_handle()
            told.scrolled = await page.evaluate(SCROLL, [frame, FLICK_PIXELS])
        told.walks = await home.call("bench_probe/collections")
        told.stall = (await home.call("bench_probe/read"))["stall_ms"]
    return told


async def make_log() -> None:
    """Make the log of the house."""
    await sqlite_ledger(RECORDS)


async def measure(folder: Path, *, quick: bool) -> list[Figure]:  # noqa: ARG001 - it has no quick form
    """Return the figures of this part."""
    empty = await seen(folder / "empty", 0, 0)
    full = await seen(folder / "full", PEOPLE, RECORDS)
    wanted = f"< {CONTENT_MILLISECONDS}"
    if not full.scrolled["bottom"]:
        raise RuntimeError("the last person was not reached")
    return [
        latency(PART, "the panel and its doors, first time", full.first, target=wanted),
        latency(PART, "the same, of an empty house", empty.first),
        *(
            figure
            for view, seconds in full.views.items()
            for figure in (
                latency(PART, f"{view.partition('?')[0]}, with {PEOPLE:,} people", seconds, target=wanted),
                latency(PART, f"{view.partition('?')[0]}, by an empty house", seconds, limit=empty.views[view]),
            )
        ),
        Figure(
            part=PART,
            measure=f"{PEOPLE:,} people scrolled, longest task",
            value=full.scrolled["task"],
            unit="ms",
            target=f"< {FRAME_MILLISECONDS}",
        ),
        Figure(part=PART, measure="frame while scrolling, median", value=full.scrolled["median"], unit="ms"),
        Figure(part=PART, measure="frame while scrolling, longest", value=full.scrolled["worst"], unit="ms"),
        Figure(part=PART, measure="longest stall", value=full.stall, unit="ms", target=f"< {STALL_MILLISECONDS}"),
        Figure(part=PART, measure="longest stall, of an empty house", value=empty.stall, unit="ms"),
        Figure(part=PART, measure="walks of Python's garbage collector", value=full.walks["count"], unit=""),
        Figure(part=PART, measure="the longest of them", value=full.walks["worst_ms"], unit="ms"),
    ]
