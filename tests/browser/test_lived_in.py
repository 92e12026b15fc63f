"""The panel of a house that is lived in: all pages in all languages on a phone, in light and dark, for everybody."""

from collections.abc import AsyncGenerator
import json
from pathlib import Path

from playwright.async_api import Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import House
from scripts.demo_life import NUMBERS, lived_in
from scripts.home import REPOSITORY, free_port
from scripts.panel_pages import addresses, show
from simulator import Timing

from .test_panel import ALLOWED, DESK, ELEMENTS, PANEL, PHONE, PICTURES, violations

# A house of twenty people is built, and then a hundred and fifty pages are looked at.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("browser")]

LANGUAGES = sorted(it.stem for it in (REPOSITORY / "custom_components/timmy_access/translations").glob("*.json"))
# What sticks out of the page, or is cut off, through all shadow roots; what scrolls by itself may be wider.
CUT = """
panel => {
  const found = [];
  const walk = (root, scrolls) => {
    for (const it of root.children ?? []) {
      const style = getComputedStyle(it);
      if (style.display === "none" || it.classList.contains("hidden")) continue;
      const box = it.getBoundingClientRect();
      const name = `${it.localName}.${it.className}: ${it.textContent.trim().replace(/\\s+/g, " ").slice(0, 60)}`;
      if (!scrolls && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)) found.push(`outside ${name}`);
      const hides = ["hidden", "clip"].includes(style.overflowX);
      if (hides && box.width > 1 && it.scrollWidth > it.clientWidth + 1) found.push(`cut ${name}`);
      if (it.localName === "button" && it.scrollWidth > it.clientWidth + 1) found.push(`button ${name}`);
      const inner = scrolls || ["auto", "scroll"].includes(style.overflowX);
      walk(it, inner);
      if (it.shadowRoot) walk(it.shadowRoot, inner);
    }
  };
  walk(panel.shadowRoot, false);
  return found;
}
"""


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    async with lived_in(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        yield built


async def speak(page: Page, built: House, language: str) -> None:
    """Have Home Assistant speak a language in this browser, as its user chooses it."""
    await page.evaluate("it => localStorage.setItem('selectedLanguage', it)", json.dumps(language))
    await page.goto(f"{built.home.url}/timmy-access/doors")
    await page.wait_for_function("it => document.querySelector('home-assistant')?.hass?.language === it", arg=language)


async def test_no_page_is_cut_in_any_language_on_a_phone(built: House) -> None:
    assert len(LANGUAGES) == 13
    wrong: list[str] = []
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        for language in LANGUAGES:
            await speak(page, built, language)
            for name, address in (await addresses(built)).items():
                await show(page, address)
                panel = await page.query_selector(PANEL)
                found = await page.evaluate(CUT, panel)
                wrong += [f"{language} {name}: {it}" for it in found]
                if found or language in {"de", "vi"}:
                    await page.screenshot(path=PICTURES / f"lived-in-{name}-{language}.png")
    assert wrong == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_of_a_lived_in_house_is_for_everybody(built: House, *, dark: bool) -> None:
    """Nothing for axe and no foreign element, on a desk and on a phone."""
    wrong: list[str] = []
    async with logged_in(built.home, dark=dark) as page:
        await page.goto(f"{built.home.url}/timmy-access/doors")
        for name, address in (await addresses(built)).items():
            for size in (DESK, PHONE):
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                await show(page, address)
                await page.screenshot(path=PICTURES / f"lived-in-{name}-{size['width']}{'-dark' if dark else ''}.png")
                panel = await page.query_selector(PANEL)
                used = set(await page.evaluate(ELEMENTS, panel))
                assert {it for it in used if not it.startswith("timmy-")} <= ALLOWED, address
                wrong += [f"{name} {size['width']}: {it}" for it in await violations(page)]
    assert wrong == []


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
            await built.face.wait_for(lambda number=NUMBERS[name]: not built.face.users[number].enabled, timeout=30)
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
            file = {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
            await dialog.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]
            await dialog.get_by_text(told).wait_for()
            await page.screenshot(path=PICTURES / f"lived-in-import-{len(content)}.png")
            assert await confirm.is_disabled() is (content is faulty)
            assert await violations(page) == []
        await confirm.click()
        await dialog.wait_for(state="detached")
        await panel.get_by_text("Jocelyn Bell").wait_for()
        async with page.expect_download() as download:
            await panel.get_by_role("button", name="Export CSV").click()
        assert "Jocelyn Bell" in Path(await (await download.value).path()).read_text()
