"""What an owner reads in Activity, counted where it is read: a real Chromium on a real Home Assistant."""

from dataclasses import dataclass
import itertools
from pathlib import Path
import re

from playwright.async_api import Page
import pytest

from scripts.browser import logged_in, see
from scripts.demo_house import FACE, PEOPLE, House, house
from scripts.home import REPOSITORY, free_port
from simulator import Timing, User

# Home Assistant starts, and Chromium paints three pages: 20 s each on two busy cores.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

PICTURES = REPOSITORY / "build" / "browser"
# All lines of Activity on a page, newest first, those in shadow roots and in the dialog too.
LINES = """within => {
    const lines = [];
    const walk = (node, inside) => {
        inside ||= node.localName === within;
        if (inside && node.classList.contains("entry")) lines.push(node.innerText);
        for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) walk(child, inside);
    };
    walk(document.body, false);
    return lines;
}"""
# The connection, the lock and what holds it, the alarm and the housing; and each once more when the terminal is back.
AWAY_LINES = 5
DIALOG = "ha-more-info-dialog"
_TIME = re.compile(r"\d+:\d\d:\d\d(?:\s[AP]M)?")


@dataclass(frozen=True)
class Words:
    """What is read in a language."""

    locale: str
    page: str
    history: str
    entered: str
    refused: str
    opened: str
    locked: str
    alarm: str
    away: str
    unavailable: str


WORDS = {
    "en": Words(
        locale="en-US",
        page="Activity",
        history="History",
        entered=f"{PEOPLE[1]} entered at Front door (Face)",
        refused="Somebody unknown was refused at Front door (Face)",
        opened="Front door → Open Entrance By demo",
        locked="Front door → Locked Entrance",
        alarm="Alarm → Unsafe Entrance ▸ Front door",
        away="Connectivity → Disconnected Entrance ▸ Front door",
        unavailable="Front door → Unavailable Entrance",
    ),
    "de": Words(
        locale="de-DE",
        page="Aktivität",
        history="Verlauf",
        entered=f"{PEOPLE[1]} hat „Front door“ betreten (Gesicht)",
        refused="Jemand Unbekanntes wurde an „Front door“ abgewiesen (Gesicht)",
        opened="Front door → Geöffnet Entrance Durch demo",
        locked="Front door → Verriegelt Entrance",
        alarm="Alarm → Unsicher Entrance ▸ Front door",
        # Named when it was added, before the language was another.
        away="Connectivity → Getrennt Entrance ▸ Front door",
        unavailable="Front door → Nicht verfügbar Entrance",
    ),
}


class Reader:
    """Reads what has come since it read last. Lines come in order: once a later one is there, all before it are."""

    def __init__(self, built: House, page: Page) -> None:
        """Read what comes from now on."""
        self._built = built
        self._page = page
        self._marks = itertools.count(1001)
        self._last = ""

    async def new(self) -> list[str]:
        """Return what happened before somebody else came in at the office, newest last, without the times."""
        number = next(self._marks)
        self._built.finger.add_user(User(enrollid=number, name=""))
        self._built.finger.punch(number)
        await self._page.get_by_text(str(number)).first.wait_for()
        lines = await shown(self._page)
        assert str(number) in lines[0]
        last, self._last = self._last, lines[0]
        return list(reversed(lines[1 : lines.index(last)])) if last else []


async def shown(page: Page, within: str = "ha-logbook") -> list[str]:
    """Return the lines on a page or in its dialog, newest first, without the times."""
    lines = await page.evaluate(LINES, within)
    return [" ".join(_TIME.sub("", line).replace("→", " → ").split()) for line in lines]


@pytest.mark.parametrize("language", WORDS)
async def test_each_thing_that_happens_is_one_line(tmp_path: Path, language: str) -> None:
    words = WORDS[language]
    async with house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        await built.home.call("config/core/update", language=language)
        lock = (await built.home.entity(f"{FACE}_door1_lock"))["entity_id"]
        async with logged_in(built.home, locale=words.locale) as page:
            await see(page, built.home, "/logbook", words.page)
            await page.locator("ha-logbook").get_by_text("Office").first.wait_for()
            reader = Reader(built, page)
            await reader.new()

            built.face.punch(1)
            assert await reader.new() == [words.entered]

            built.face.punch(99999999)
            assert await reader.new() == [words.refused]

            await built.home.act("lock.open", entity_id=lock)
            assert await reader.new() == [words.opened]

            async def is_locked() -> bool:
                return bool((await built.home.states())[lock]["state"] == "locked")

            await built.home.until("the end of the open delay", is_locked)
            assert await reader.new() == [words.locked]

            built.face.door_event(7)
            assert await reader.new() == [words.alarm]

            await built.face.drop()
            await built.face.wait_registered()
            assert await reader.new() == []

            async def is_away() -> bool:
                return bool((await built.home.states())[lock]["state"] == "unavailable")

            # What nobody knows then: how the door is, and whether there is an alarm or somebody tampers.
            await built.face.stop()
            await built.home.until("the terminal to be away", is_away)
            lines = await reader.new()
            assert {words.away, words.unavailable} < set(lines)
            assert len(lines) == AWAY_LINES
            await built.face.start()
            await built.home.until("the terminal to be back", is_locked)
            lines = await reader.new()
            assert words.locked in lines
            assert len(lines) == AWAY_LINES
            await page.screenshot(path=PICTURES / f"activity-{language}.png")

            await page.evaluate(
                """entityId => document.querySelector("home-assistant").dispatchEvent(
                    new CustomEvent("hass-more-info", {detail: {entityId}, bubbles: true, composed: true}))""",
                lock,
            )
            dialog = page.locator(DIALOG)
            await dialog.get_by_role("button", name=words.history).first.click()
            await dialog.get_by_text(words.refused).first.wait_for()
            await page.screenshot(path=PICTURES / f"activity-dialog-{language}.png")
            # What belongs to the lock and nothing else, without the name of the lock; the oldest is from its first day.
            back, away, locked, opened, refused, entered, first = await shown(page, DIALOG)
            assert (refused, entered) == (words.refused, words.entered)
            assert [f"Front door → {line} Entrance" for line in (back, locked, first)] == [words.locked] * 3
            assert f"Front door → {away} Entrance" == words.unavailable
            assert words.opened.startswith(f"Front door → {opened} Entrance ")
