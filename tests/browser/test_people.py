"""People in the panel: the measured flows, in clicks and by the keyboard alone, and what terminals then have."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import FilePayload
import pytest

from scripts.browser import logged_in
from scripts.demo_house import CONTROLLER, House, house
from scripts.home import free_port
from simulator import Timing, VirtualTerminal

from .hands import LOSE, Keys, Mouse
from .test_panel import ALLOWED, DESK, ELEMENTS, OVERFLOW, PANEL, PHONE, PICTURES, violations

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

ZOE, GROUP = "Zoe Washburne", "All doors"
CARD, PHOTO = 11, 50
OLD, NEW = "77123456", "77654321"


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    """A house with three terminals kept in step, a vault, and a group that may pass all doors."""
    async with house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        await built.home.approve(CONTROLLER, name="Warehouse", doors=4)
        await built.controller.wait_registered(timeout=30)
        await built.choose(vault=True)
        devices = [await built.home.device(name) for name in ("Front door", "Office", "Warehouse")]

        async def kept(device_id: str) -> bool:
            taken = await perform(built, "keep_in_step", device_id=device_id, confirm=True)
            return bool(taken["kept_in_step"])

        for device_id in devices:
            await built.home.until("kept in step", partial(kept, device_id))
        await perform(built, "set_access_group", name=GROUP, rules=[{"device_id": devices}])
        yield built


async def perform(built: House, action: str, **data: Any) -> Any:
    """Perform an action as the panel does."""
    return await built.home.call("timmy_access/panel/perform", data={"action": action, "with": data})


def held(terminal: VirtualTerminal, slot: int) -> str | int | None:
    """Return what a terminal has of Zoe in a slot; None where it has no Zoe."""
    zoe = next((user for user in terminal.users.values() if user.name == ZOE), None)
    return None if zoe is None else zoe.credentials.get(slot, "")


async def until_held(terminal: VirtualTerminal, slot: int, wanted: Callable[[str | int | None], bool]) -> None:
    """Wait until a terminal has of Zoe what is wanted."""
    await terminal.wait_for(lambda: wanted(held(terminal, slot)), timeout=30)


async def has_card(built: House, number: str) -> None:
    """Wait until all terminals have Zoe with a card."""
    for terminal in built.terminals:
        await until_held(terminal, CARD, lambda record: record == int(number))


async def add_zoe(built: House) -> str:
    """Have Zoe in the house, and return her id."""
    groups = (await perform(built, "get_access_groups"))["groups"]
    group = next(group for group in groups if group["name"] == GROUP)
    added = await perform(built, "add_person", name=ZOE, card=OLD, groups=[group["group_id"]])
    await has_card(built, OLD)
    return str(added["person_id"])


@pytest.mark.parametrize("kind", [Mouse, Keys], ids=["mouse", "keyboard"])
async def test_somebody_comes_loses_a_card_and_leaves(built: House, kind: type[Mouse]) -> None:
    """New with a card on three doors <= 6 clicks, lost card <= 4, leaves <= 3, from the navigation on."""
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access")
        panel = page.locator(PANEL)
        people, search = panel.locator("nav").get_by_role("link", name="People"), panel.get_by_label("Search by name")
        dialog = panel.locator("timmy-dialog")

        hand = kind(page)
        await hand.press(people)
        await hand.press(panel.get_by_role("button", name="Add person"))
        await hand.type(dialog.get_by_label("Name"), ZOE)
        await hand.press(dialog.get_by_label(GROUP))
        await hand.type(dialog.get_by_label("Card number"), OLD)
        await hand.press(dialog.get_by_role("button", name="Add person"))
        await has_card(built, OLD)
        assert hand.clicks <= 6
        await panel.get_by_role("heading", name=ZOE).wait_for()

        hand = kind(page)
        await hand.press(people)
        await hand.type(search, "washb")
        await page.keyboard.press("Enter")
        await hand.press(panel.get_by_role("button", name="Lost card"))
        await hand.type(dialog.get_by_label("Number of the new card"), NEW)
        await hand.press(dialog.get_by_role("button", name="Take the card away"))
        await has_card(built, NEW)
        assert hand.clicks <= 4
        await dialog.wait_for(state="detached")

        hand = kind(page)
        await hand.press(people)
        await hand.type(search, "washb")
        await page.keyboard.press("Enter")
        await hand.press(panel.get_by_role("button", name="Remove"))
        await hand.press(dialog.get_by_role("button", name="Remove"))
        for terminal in built.terminals:
            await until_held(terminal, CARD, lambda record: record is None)
        assert hand.clicks <= 3


@pytest.mark.parametrize("kind", [Mouse, Keys], ids=["mouse", "keyboard"])
async def test_a_finger_is_recorded_at_one_terminal_for_all_doors(built: House, kind: type[Mouse]) -> None:
    zoe = await add_zoe(built)
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people/{zoe}")
        panel = page.locator(PANEL)
        hand = kind(page)
        await hand.press(panel.get_by_role("link", name="Record finger, face or card"))
        await panel.get_by_role("radio", name="Office").wait_for()
        assert await panel.get_by_role("radio", name="Fingerprint").is_checked()
        if kind is Mouse:
            await hand.press(panel.get_by_role("radio", name="Office"))
            assert await panel.get_by_role("radio", name="Face").is_disabled()
        terminal = built.finger if kind is Mouse else built.face
        await hand.press(panel.get_by_role("button", name="Start"))
        await terminal.wait_for(lambda: terminal.machine.enrolment, timeout=30)
        await panel.get_by_text(f"{ZOE} can put the finger on").wait_for()
        await hand.press(panel.get_by_role("button", name="Cancel"))
        await panel.get_by_text("Called off").wait_for()
        if terminal.machine.enrolment is not None:
            terminal.machine.abandon_enrolment()
        await hand.press(panel.get_by_role("button", name="Start"))
        await terminal.wait_for(lambda: terminal.machine.enrolment, timeout=30)
        await panel.get_by_text(f"{ZOE} can put the finger on").wait_for()
        await page.screenshot(path=PICTURES / f"panel-enrol-{kind.__name__.lower()}-asked.png")
        terminal.scan_enrolment()
        await panel.get_by_text("Recorded at").wait_for()
        for other in built.terminals:
            await until_held(other, 0, bool)
            assert len([user for user in other.users.values() if user.name == ZOE]) == 1
        await panel.get_by_text("Has it").nth(2).wait_for()
        await page.screenshot(path=PICTURES / f"panel-enrol-{kind.__name__.lower()}-done.png")
        assert hand.clicks <= 5
        await hand.press(panel.get_by_role("button", name=f"To {ZOE}"))
        await panel.get_by_role("heading", name=ZOE).wait_for()


async def test_a_picture_is_made_small_and_given_to_the_terminal(built: House) -> None:
    zoe = await add_zoe(built)
    written = BytesIO()
    Image.effect_noise((3000, 4000), 90).convert("RGB").save(written, "JPEG")
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/enrol/{zoe}?kind=photo")
        panel = page.locator(PANEL)
        start = panel.get_by_role("button", name="Start")
        await start.wait_for()
        assert await start.is_disabled()
        file: FilePayload = {"name": "zoe.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}
        await panel.get_by_label("Choose a picture").set_input_files(file)
        await panel.get_by_alt_text(f"The picture of {ZOE}").wait_for()
        await start.click()
        await until_held(built.face, PHOTO, bool)
        await panel.get_by_text("Recorded at Front door").wait_for()


async def test_what_is_typed_stays_while_the_connection_is_lost(built: House) -> None:
    zoe = await add_zoe(built)
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/enrol/{zoe}?kind=card&how=typed")
        panel = page.locator(PANEL)
        field, save = panel.get_by_label("Card number"), panel.get_by_role("button", name="Save")
        await field.fill(NEW)
        await page.evaluate(LOSE)
        await panel.locator("timmy-enrol").get_by_text("No connection to Home Assistant").wait_for()
        assert await save.is_disabled()
        assert await field.input_value() == NEW
        await page.evaluate("comeBack()")
        await panel.locator("timmy-enrol").get_by_text("No connection to Home Assistant").wait_for(state="detached")
        assert await field.input_value() == NEW
        await save.click()
        await has_card(built, NEW)


async def test_the_pages_of_somebody_are_in_order(built: House) -> None:
    zoe = await add_zoe(built)
    await built.finger.stop()
    number = next(user.enrollid for user in built.face.users.values() if user.name == ZOE)
    built.face.punch(number)
    async with logged_in(built.home) as page:
        for address in (f"people/{zoe}", f"enrol/{zoe}", f"enrol/{zoe}?kind=photo", f"enrol/{zoe}?kind=card", "enrol"):
            for size in (DESK, PHONE):
                await page.set_viewport_size(size)
                await page.goto(f"{built.home.url}/timmy-access/{address}")
                await page.locator(f"{PANEL} main > *:not(.skeleton)").first.wait_for()
                await page.get_by_text(ZOE).first.wait_for()
                await page.wait_for_load_state("networkidle")
                name = address.replace(zoe, "somebody").replace("/", "-").replace("?", "-")
                await page.screenshot(path=PICTURES / f"panel-{name}-{size['width']}.png", full_page=True)
                panel = await page.query_selector(PANEL)
                used = set(await page.evaluate(ELEMENTS, panel))
                assert {it for it in used if not it.startswith("timmy-")} <= ALLOWED, address
                assert await page.evaluate(OVERFLOW, panel) <= 0, (address, size)
                assert await violations(page) == [], (address, size)
        await page.goto(f"{built.home.url}/timmy-access/people/{zoe}")
        await page.locator(PANEL).locator("timmy-record").first.wait_for()
        await page.locator(PANEL).get_by_role("link", name="All in the log").click()
        await page.wait_for_url("**/timmy-access/log?person=*")
