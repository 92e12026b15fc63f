"""What leaves the panel: sheets of paper and files, with what was shown on them and nothing of the page around."""

import asyncio
import csv
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
import re

from PIL import Image
from playwright.async_api import Locator, Page, ViewportSize
import pytest

from scripts.browser import logged_in
from scripts.demo_house import PEOPLE, ZONE, House

from .test_panel import PANEL, PICTURES, built, choose_way_in  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

# The pixels of A4 upright, which are 96 to the inch.
PAPER: ViewportSize = {"width": 794, "height": 1123}
PAGES = re.compile(rb"/Type\s*/Page\b")
# Instead of going to a printer, which a browser without a screen has none of, a sheet is kept as it would go there.
KEEP = """
window.print = () => {
  top.printed = [...(top.printed ?? []), document.documentElement.outerHTML];
  window.dispatchEvent(new Event("afterprint"));
};
"""


async def on_paper(page: Page, button: Locator, name: str) -> tuple[list[str], int]:
    """Press a button that prints, and return what is read on the paper, line by line, and how many sheets it takes."""
    before = await page.evaluate("(window.printed ?? []).length")
    await button.click()
    await page.wait_for_function("before => (window.printed ?? []).length > before", arg=before)
    sheet = await page.context.new_page()
    try:
        await sheet.set_viewport_size(PAPER)
        await sheet.emulate_media(media="print")
        await sheet.set_content(await page.evaluate("printed.at(-1)"))
        picture = await sheet.screenshot(path=PICTURES / f"printed-{name}.png", full_page=True)
        # Nothing is beyond the edge of the paper, and every picture is there.
        assert Image.open(BytesIO(picture)).width == PAPER["width"]
        assert await sheet.evaluate("[...document.images].every(it => it.naturalWidth > 0)")
        lines = (await sheet.locator("body").inner_text()).splitlines()
        pages = len(PAGES.findall(await sheet.pdf(format="A4")))
    finally:
        await sheet.close()
    return [" ".join(line.split()) for line in lines if line.strip()], pages


async def fetched(page: Page, button: Locator) -> list[dict[str, str]]:
    """Press a button that downloads a table, and return its rows."""
    async with page.expect_download() as download:
        await button.click()
    saved = Path(await (await download.value).path())
    text = await asyncio.to_thread(saved.read_text, encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


async def a_day(built: House, number: int, day: datetime, *hours: time) -> None:  # noqa: F811 - the fixture
    """Have somebody been at the office on a day."""
    for hour in hours:
        built.finger.punch(number, time=datetime.combine(day, hour))
    await built.finger.wait_sent()


async def test_hours_are_printed_and_downloaded_as_they_are_shown(built: House) -> None:  # noqa: F811 - the fixture
    yesterday, before = ((datetime.now(ZONE) - timedelta(days=ago)) for ago in (1, 2))
    month = f"{yesterday:%Y-%m}"
    await a_day(built, 1, before, time(8), time(16, 30))
    await a_day(built, 1, yesterday, time(8))
    await a_day(built, 2, yesterday, time(9), time(12))
    async with logged_in(built.home) as page:
        await page.add_init_script(KEEP)
        await page.goto(f"{built.home.url}/timmy-access/hours?month={month}")
        panel = page.locator(PANEL)
        button, export = panel.get_by_role("button", name="Print"), panel.get_by_role("button", name="Download CSV")
        await panel.get_by_role("link", name=PEOPLE[1]).wait_for()
        lines, pages = await on_paper(page, button, "hours")
        assert lines[0].startswith("Hours: Everybody, ")
        assert any(line.startswith(PEOPLE[2]) and "3:00" in line for line in lines)
        # Of the page around it: no page's name, no button, no field.
        assert not {"Doors", "People", "Print", "Download CSV", "Person"} & set(lines)
        assert pages == 1
        rows = await fetched(page, export)
        assert {(row["person"], row["day"]) for row in rows} >= {
            (PEOPLE[2], f"{yesterday:%Y-%m-%d}"),
            (PEOPLE[1], f"{yesterday:%Y-%m-%d}"),
        }

        await panel.get_by_role("link", name=PEOPLE[1]).click()
        await panel.locator("tr", has_text="A punch is missing").wait_for()
        lines, pages = await on_paper(page, button, "sheet")
        assert lines[0].startswith(f"Hours: {PEOPLE[1]}, ")
        assert any("A punch is missing" in line for line in lines)
        assert not any("Put right" in line or "Add" in line for line in lines)
        assert pages <= 2
        if before.month == yesterday.month:
            assert any("8:30" in line for line in lines)
        rows = await fetched(page, export)
        assert {row["person"] for row in rows} == {PEOPLE[1]}
        assert {row["day"]: row["standing"] for row in rows}[f"{yesterday:%Y-%m-%d}"] == "missing"
        # The sheet is gone from the page when it is printed.
        assert await page.locator("iframe").count() == 0


async def test_a_roll_call_is_printed_with_its_ticks_and_a_code_alone(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.add_init_script(KEEP)
        await choose_way_in(built.home, "Front door")
        await page.goto(f"{built.home.url}/timmy-access/inside")
        panel = page.locator(PANEL)
        for enroll_id in (1, 2):
            built.face.punch(enroll_id, inout=1)
        await panel.get_by_role("heading", name="2 people inside").wait_for()
        await panel.get_by_label("Grace Hopper is safe").check()
        await panel.get_by_text("1 of 2 safe").wait_for()
        lines, pages = await on_paper(page, panel.get_by_role("button", name="Print"), "roll-call")
        assert lines[0].startswith("Inside, ")
        assert [line for line in lines if line.startswith("☑")] == [
            line for line in lines if "Grace Hopper" in line and "Front door" in line and "Ticked by demo" in line
        ]
        assert any(line.startswith("☐ Ada Lovelace") for line in lines)
        assert not {"Doors", "People", "Print", "End roll call"} & set(lines)
        assert pages == 1

        await panel.get_by_role("link", name="Guests").click()
        await panel.get_by_role("button", name="New pass").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_label("Guest's name").fill("Plumber")
        await dialog.get_by_label("Front door").check()
        await dialog.get_by_role("button", name="Make pass").click()
        await dialog.get_by_alt_text("QR code of the pass").wait_for()
        told = await dialog.get_by_label("Message to the guest").input_value()
        lines, pages = await on_paper(page, dialog.get_by_role("button", name="Print"), "pass")
        assert lines == [" ".join(line.split()) for line in told.splitlines() if line.strip()]
        assert pages == 1
        # What opens leaves the page with its dialog; who has printed it is not asked.
        assert await page.locator("iframe").count() == 1
        await dialog.get_by_role("button", name="Close", exact=True).click()
        await dialog.wait_for(state="detached")
        assert await page.locator("iframe").count() == 0


async def test_the_log_is_downloaded_as_it_is_shown(built: House) -> None:  # noqa: F811 - the fixture
    today = datetime.combine(built.today(), time.min)
    for minute, number in enumerate((1, 2, 2)):
        built.face.punch(number, time=today - timedelta(minutes=minute + 1))
    built.finger.punch(2, time=today - timedelta(hours=1))
    for terminal in (built.face, built.finger):
        await terminal.wait_sent()
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/log")
        panel = page.locator(PANEL)
        await panel.locator("timmy-record").nth(3).wait_for()
        export = panel.get_by_role("button", name="Download CSV")
        rows = await fetched(page, export)
        assert sorted((row["person"], row["terminal"]) for row in rows if row["kind"] == "punch") == [
            (PEOPLE[1], "Front door"),
            (PEOPLE[2], "Front door"),
            (PEOPLE[2], "Front door"),
            (PEOPLE[2], "Office"),
        ]
        await panel.get_by_label("Terminal").select_option("Front door")
        await panel.locator("timmy-record").get_by_role("link", name=PEOPLE[2]).first.click()
        await page.wait_for_url("**person=2*")
        await panel.locator("timmy-record").filter(has_text=PEOPLE[1]).wait_for(state="detached")
        rows = await fetched(page, export)
        assert [(row["person"], row["terminal"]) for row in rows] == [(PEOPLE[2], "Front door")] * 2
        await panel.get_by_text("2 records in the file").wait_for()
