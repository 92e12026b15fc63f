"""The panel as an administrator sees it: a real Chromium on a real Home Assistant with virtual terminals."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage, Page, ViewportSize
import pytest

from scripts.browser import logged_in
from scripts.demo_house import PEOPLE, House, house
from scripts.home import REPOSITORY, Home, free_port
from simulator import Timing

# Home Assistant starts, and Chromium paints its first page: 20 s each on two busy cores.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

PICTURES = REPOSITORY / "build" / "browser"
AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 800}
PANEL = "timmy-access-panel"
# Of Home Assistant's own elements the panel uses these, and only where they are there.
ALLOWED = {"ha-menu-button"}
# Every custom element below an element, through all shadow roots.
ELEMENTS = """
panel => {
  const found = new Set();
  const walk = root => root.querySelectorAll("*").forEach(it => {
    if (it.localName.includes("-")) found.add(it.localName);
    if (it.localName.startsWith("timmy-") && it.shadowRoot) walk(it.shadowRoot);
  });
  walk(panel.shadowRoot);
  return [...found];
}
"""
OVERFLOW = """
panel => {
  const main = panel.shadowRoot.querySelector("main");
  return Math.max(main.scrollWidth - main.clientWidth, panel.scrollWidth - panel.clientWidth);
}
"""


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    async with house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        yield built


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds in the panel."""
    if not await page.evaluate("'axe' in window"):
        await page.add_script_tag(path=AXE)
    found: dict[str, Any] = await page.evaluate(
        "panel => axe.run(panel, {resultTypes: ['violations']})", await page.query_selector(PANEL)
    )
    return [f"{it['id']}: {node['html'][:120]}" for it in found["violations"] for node in it["nodes"]]


async def pages(page: Page) -> list[str]:
    """Return the addresses in the panel's navigation."""
    links = page.locator(f"{PANEL} nav a")
    await links.first.wait_for()
    return [str(await link.get_attribute("href")) for link in await links.all()]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_is_in_order(built: House, *, dark: bool) -> None:
    """No console error, nothing for axe, no foreign element, and nothing wider than a phone."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "timmy" in f"{message.text} {message.location['url']}":
            errors.append(message.text)

    async with logged_in(built.home, dark=dark) as page:
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{built.home.url}/timmy-access")
        for address in await pages(page):
            for size in (DESK, PHONE):
                await page.set_viewport_size(size)
                await page.goto(built.home.url + address)
                await page.locator(f"{PANEL} main > *:not(.skeleton)").first.wait_for()
                await page.wait_for_load_state("networkidle")
                name = f"panel-{address.rpartition('/')[2]}-{size['width']}{'-dark' if dark else ''}"
                await page.screenshot(path=PICTURES / f"{name}.png")
                panel = await page.query_selector(PANEL)
                used = set(await page.evaluate(ELEMENTS, panel))
                assert {it for it in used if not it.startswith("timmy-")} <= ALLOWED, address
                assert await page.evaluate(OVERFLOW, panel) <= 0, (address, size)
                assert await violations(page) == [], (address, size)
    assert errors == []


async def test_a_house_without_anybody_says_where_they_come_from(built: House) -> None:
    """Whoever has a list may begin with it, and no page is without a heading and a way on."""
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/inside")
        panel = page.locator(PANEL)
        await panel.get_by_role("heading", name="Inside").wait_for()
        ways_on = panel.locator("main").get_by_role("link", name="Terminals")
        assert await ways_on.get_attribute("href") == "/config/integrations/integration/timmy_access"

        await page.goto(f"{built.home.url}/timmy-access/people")
        await panel.locator("main").get_by_role("link", name="Groups").wait_for()
        assert await violations(page) == []
        await panel.get_by_role("button", name="Import CSV").click()
        await panel.locator("timmy-import-dialog").get_by_label("CSV file").wait_for()


async def test_a_door_is_opened_by_two_clicks_and_a_guest_gets_a_code(built: House) -> None:
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access")
        panel = page.locator(PANEL)
        before = built.face.doors[1].openings
        await panel.get_by_role("button", name="Open: Front door").click()
        assert built.face.doors[1].openings == before
        await panel.locator("timmy-dialog").get_by_role("button", name="Open", exact=True).click()
        await built.face.wait_opened(1, after=before)
        assert built.face.doors[1].openings == before + 1

        await panel.get_by_role("link", name="Guests").click()
        await panel.get_by_role("button", name="New pass").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_label("Name").fill("Plumber")
        await dialog.get_by_label("Front door").check()
        await dialog.locator("button.primary").click()
        await panel.locator("timmy-dialog img").wait_for()
        await page.screenshot(path=PICTURES / "panel-pass.png")
    wanted = {"action": "get_passes", "with": {"device_id": await built.home.device("Front door")}}
    (held,) = (await built.home.call("timmy_access/panel/perform", data=wanted))["passes"]
    assert (held["name"], held["state"]) == ("Plumber", "active")


async def test_a_missing_punch_is_added_on_the_sheet_of_a_person(built: House) -> None:
    """Found in the list of a month, and put right with a reason."""
    morning = (datetime.now() - timedelta(days=2)).replace(hour=8, minute=0, second=0, microsecond=0)  # noqa: DTZ005
    built.finger.punch(1, time=morning)
    await built.finger.wait_sent()
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/hours?month={morning:%Y-%m}")
        panel = page.locator(PANEL)
        await panel.get_by_role("link", name=PEOPLE[1]).click()
        row = panel.locator("tr", has_text="A punch is missing")
        await row.wait_for()
        assert "person=1" in page.url
        await row.get_by_role("button", name="Put right").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_label("Occurred at").fill("16:30")
        await dialog.get_by_label("Reason").fill("Forgot the way out")
        assert await violations(page) == []
        await page.screenshot(path=PICTURES / "panel-hours-dialog.png")
        await page.keyboard.press("Enter")
        await dialog.wait_for(state="detached")
        row = panel.locator("tr", has_text="04:30 PM")
        await row.wait_for()
        assert ":30" in await row.locator("td.number").inner_text()
        assert await panel.get_by_text("A punch is missing").count() == 0
        await page.screenshot(path=PICTURES / "panel-hours-sheet-390.png", full_page=True)
        assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
        assert await violations(page) == []
        await page.go_back()
        await panel.get_by_role("link", name=PEOPLE[1]).wait_for()


async def choose_way_in(home: Home, title: str) -> None:
    """Say in the settings of a terminal that its second reader is on the way in."""
    (entry,) = await home.call("config_entries/get", domain="timmy_access")
    subentries = await home.call("config_entries/subentries/list", entry_id=entry["entry_id"])
    (subentry_id,) = [it["subentry_id"] for it in subentries if it["title"] == title]
    flows = "/api/config/config_entries/subentries/flow"
    handler = {"handler": [entry["entry_id"], "terminal"], "subentry_id": subentry_id}
    flow = f"{flows}/{(await home.post(flows, handler))['flow_id']}"
    form = await home.post(flow, {"next_step_id": "settings"})
    shown = {it["name"]: it.get("description", {}).get("suggested_value") for it in form["data_schema"]}
    known = {name: value for name, value in shown.items() if value is not None}
    await home.post(flow, {**known, "entry_reader": "second"})


async def test_who_is_inside_is_ticked_with_a_finger(built: House) -> None:
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/inside")
        panel = page.locator(PANEL)
        await panel.get_by_text("No terminal tells who comes and who goes.").wait_for()
        await choose_way_in(built.home, "Front door")
        await panel.get_by_text("As far as is known, nobody is inside.").wait_for()
        for enroll_id in (1, 2):
            built.face.punch(enroll_id, inout=1)
        await panel.get_by_role("heading", name="2 people inside").wait_for()
        await page.screenshot(path=PICTURES / "panel-inside-people.png")
        await panel.get_by_label("Grace Hopper is safe").check()
        await panel.get_by_text("1 of 2 safe").wait_for()
        await page.screenshot(path=PICTURES / "panel-inside-ticked.png")
        assert await violations(page) == []
        assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
        await panel.get_by_label("Only those not yet safe").check()
        await panel.get_by_text("Grace Hopper").wait_for(state="detached")
        assert page.url.endswith("/inside?missing=1")
        await panel.get_by_role("button", name="End roll call").click()
        await panel.locator("timmy-dialog").get_by_role("button", name="End roll call").click()
        await panel.get_by_text("1 of 2 safe").wait_for(state="detached")
    answer = await built.home.call("timmy_access/panel/perform", data={"action": "get_roll_call", "with": {}})
    assert {it["name"]: it["safe"] for it in answer["people"]} == {"Ada Lovelace": False, "Grace Hopper": False}
