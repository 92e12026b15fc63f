"""The panel of a house that is lived in: all pages in light and dark, several people at once, and tables."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

from playwright.async_api import FilePayload
import pytest

from scripts.browser import logged_in
from scripts.demo_house import House
from scripts.demo_life import NUMBERS, lived_in
from scripts.home import REPOSITORY, free_port
from scripts.panel_pages import addresses, show
from simulator import Timing, User

from .test_panel import ALLOWED, DESK, ELEMENTS, OVERFLOW, PANEL, PHONE, PICTURES, violations

# A house of twenty people is built, and then all pages are looked at.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("browser")]


LANGUAGES = sorted(
    path.stem for path in (REPOSITORY / "custom_components" / "timmy_access" / "translations").glob("*.json")
)
# What is wider than the page, and text of which an end is hidden; a table or a bar that scrolls by itself is neither.
CUT = """
panel => {
  const cut = [];
  const scrolls = style => ["auto", "scroll"].includes(style.overflowX);
  const walk = (root, inScroller) => {
    for (const element of root.children) {
      const style = getComputedStyle(element);
      const {right, left, width, height} = element.getBoundingClientRect();
      if (style.display === "none" || style.visibility === "hidden") continue;
      const text = [...element.childNodes].filter(it => it.nodeType === Node.TEXT_NODE && it.data.trim());
      const hides = ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
      const isHiddenOnPurpose = width <= 1 || height <= 1;
      const isOutside = !inScroller && (right > innerWidth + 1 || left < -1);
      if (text.length && !isHiddenOnPurpose && (hides || isOutside))
        cut.push(`${element.localName}.${element.className}: ${element.textContent.trim().slice(0, 60)}`);
      const inner = inScroller || scrolls(style);
      if (element.shadowRoot) walk(element.shadowRoot, inner);
      walk(element, inner);
    }
  };
  walk(panel.shadowRoot, false);
  return cut;
}
"""
# What is pressed and lower than a thumb finds (24 pixels, WCAG 2.2, 2.5.8); a box is pressed by its whole label.
LOW = """
panel => {
  const low = [];
  const walk = root => root.querySelectorAll("*").forEach(it => {
    if (it.shadowRoot) walk(it.shadowRoot);
    if (!it.matches("a, button, summary, select, label.check, input:not(label input)")) return;
    const {height, width} = it.getBoundingClientRect();
    if (width > 0 && height < 24) low.push(`${it.localName}.${it.className}: ${it.textContent.trim()}, ${height}`);
  });
  walk(panel.shadowRoot);
  return low;
}
"""


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    async with lived_in(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        yield built


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_of_a_lived_in_house_is_for_everybody(built: House, *, dark: bool) -> None:
    """Nothing for axe, no foreign element, and nothing too small for a thumb, on a desk and on a phone."""
    wrong: list[str] = []
    async with logged_in(built.home, dark=dark) as page:
        await page.goto(f"{built.home.url}/timmy-access/doors")
        for name, address in (await addresses(built)).items():
            for size in (DESK, PHONE):
                await page.set_viewport_size(size)
                await show(page, address)
                await page.screenshot(path=PICTURES / f"lived-in-{name}-{size['width']}{'-dark' if dark else ''}.png")
                panel = await page.query_selector(PANEL)
                used = set(await page.evaluate(ELEMENTS, panel))
                assert {it for it in used if not it.startswith("timmy-")} <= ALLOWED, address
                found = [*await violations(page), *await page.evaluate(LOW, panel)]
                wrong += [f"{name} {size['width']}: {it}" for it in found]
    assert wrong == []


def is_disabled(user: User) -> bool:
    """Return whether a terminal lets somebody in no more."""
    return not user.enabled


async def test_several_people_are_disabled_after_one_question(built: House) -> None:
    names = ("Ada Lovelace", "Alan Turing", "Mary Jackson")
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Select several").click()
        for name in names:
            await panel.get_by_role("checkbox", name=name).check()
        await panel.get_by_text("Selected: 3").wait_for()
        await panel.get_by_role("button", name="Disable", exact=True).click()
        dialog = panel.locator("timmy-several-dialog")
        await dialog.get_by_role("heading", name="Disable: 3 people").wait_for()
        await page.screenshot(path=PICTURES / "lived-in-several.png")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Disable", exact=True).click()
        await dialog.wait_for(state="detached")
        for name in names:
            # The terminal of the front door asks; it has what it is told all the same.
            user = built.face.users[NUMBERS[name]]
            await built.face.wait_for(partial(is_disabled, user), timeout=30)
    people = (await built.perform("get_people"))["people"]
    assert {it["name"] for it in people if not it["enabled"]} == {*names, "Charles Babbage"}


async def test_people_of_a_table_are_looked_at_and_then_come(built: House) -> None:
    faulty = b"name,number,groups\nJocelyn Bell,,Nobody\n"
    good = b"name,groups\nJocelyn Bell,Family\n"
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Import CSV").click()
        dialog = panel.locator("timmy-import-dialog")
        confirm = dialog.get_by_role("button", name="Import CSV")
        for content, told in ((faulty, "Row 2, column groups"), (good, "New: 1")):
            file: FilePayload = {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
            await dialog.get_by_label("CSV file").set_input_files(file)
            await dialog.get_by_text(told).wait_for()
            await page.screenshot(path=PICTURES / f"lived-in-import-{len(content)}.png")
            assert await confirm.is_disabled() is (content is faulty)
            assert await violations(page) == []
        await confirm.click()
        await dialog.wait_for(state="detached")
        await panel.get_by_text("Jocelyn Bell").wait_for()
        async with page.expect_download() as download:
            await panel.get_by_role("button", name="Export CSV").click()
        saved = await (await download.value).path()
        assert "Jocelyn Bell" in await asyncio.to_thread(saved.read_text)


async def test_no_text_is_cut_on_a_phone_in_any_language(built: House) -> None:
    cut: list[str] = []
    titles: set[str] = set()
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        for language in LANGUAGES:
            await built.home.call("frontend/set_user_data", key="language", value={"language": language})
            await page.goto(f"{built.home.url}/timmy-access/doors")
            await page.locator(f"html[lang='{language}']").wait_for(state="attached")
            panel = await page.wait_for_selector(PANEL)
            for name, address in (await addresses(built)).items():
                await show(page, address)
                if (pixels := await page.evaluate(OVERFLOW, panel)) > 0:
                    cut.append(f"{language} {name}: {pixels} pixels too wide")
                cut += [f"{language} {name}: {it}" for it in await page.evaluate(CUT, panel)]
            titles.add(await page.locator(f"{PANEL} timmy-terminals h2").first.inner_text())
            await page.screenshot(path=PICTURES / f"lived-in-terminals-{language}.png")
    assert not cut, "\n".join(cut)
    assert len(titles) > len(LANGUAGES) // 2
