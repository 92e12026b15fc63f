"""The panel while something goes wrong: the connection, the listener, a terminal, another administrator, an update."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from playwright.async_api import FilePayload, Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import House
from scripts.home import LOOPBACK
from simulator import Timing, User, VirtualTerminal

from .hands import LOSE
from .test_panel import PANEL, PHONE, PICTURES, violations
from .test_panel_step import look_at_people
from .test_people import GROUP, NEW, ZOE, add_zoe, built, has_card, perform  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

LOST = "No connection to Home Assistant. What you have typed stays"
# Page, the button that opens the form, a field that is typed into, what is typed, the button that saves.
FORMS = (
    ("people", "Add person", "Name", "Malcolm Reynolds", "Add person"),
    ("groups", "Add group", "Name", "Crew", "Save"),
    ("guests", "New pass", "Guest's name", "Plumber", "Make pass"),
    ("guests", "Extend", "Valid until", "2099-01-01T10:00", "Save"),
    ("hours?person=7&name=Nobody", "Add punch", "Reason", "Forgot the way out", "Save"),
    ("terminals", "Approve", "Name", "Cellar", "Approve"),
    ("people/{zoe}", "Edit", "Note", "Keeps the keys", "Save"),
    ("people/{zoe}", "Set PIN", "PIN", "4711", "Save"),
    ("people/{zoe}", "Lost card", "Number of the new card", NEW, "Take the card away"),
)


@asynccontextmanager
async def lost(page: Page, save: str) -> AsyncGenerator[None]:
    """Lose the connection while a dialog is open: it says why its button cannot be pressed, until the end."""
    dialog = page.locator(PANEL).locator("timmy-dialog")
    await page.evaluate(LOSE)
    await dialog.get_by_text(LOST).wait_for()
    assert await dialog.get_by_role("button", name=save).is_disabled()
    assert await violations(page) == []
    yield
    await page.evaluate("comeBack()")
    await dialog.get_by_text(LOST).wait_for(state="detached")


async def test_what_is_typed_into_any_form_stays_while_the_connection_is_lost(
    built: House,  # noqa: F811 - the fixture
) -> None:
    """The button says why it cannot save, and saves when the connection is back."""
    zoe = await add_zoe(built)
    await perform(built, "create_pass", device_id=[await built.home.device("Front door")], name="Courier")
    url = f"ws://{LOOPBACK}:{built.terminal_port}/pub/chat"
    async with (
        VirtualTerminal(profile="tfs30", serial="ZYTI00000099", url=url, timing=Timing.fast()) as new,
        logged_in(built.home) as page,
    ):
        await new.wait_refused(timeout=30)
        await page.set_viewport_size(PHONE)
        panel = page.locator(PANEL)
        dialog = panel.locator("timmy-dialog")
        for address, opens, label, text, saves in FORMS:
            await page.goto(f"{built.home.url}/timmy-access/{address.format(zoe=zoe)}")
            await panel.get_by_role("button", name=opens).first.click()
            field = dialog.get_by_label(label).first
            await field.fill(text)
            async with lost(page, saves):
                assert await field.input_value() == text, opens
            assert await field.input_value() == text, opens
        # The last of them is saved.
        await dialog.get_by_role("button", name=FORMS[-1][-1]).click()
        await has_card(built, NEW)


async def test_what_is_chosen_stays_while_the_connection_is_lost(built: House) -> None:  # noqa: F811 - the fixture
    """A table that was read, groups and people, and until when a door is held."""
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people")
        panel = page.locator(PANEL)
        dialog = panel.locator("timmy-dialog")
        table: FilePayload = {"name": "all.csv", "mimeType": "text/csv", "buffer": b"name,groups\nWash,All doors\n"}
        await panel.get_by_role("button", name="Import CSV").click()
        await dialog.get_by_label("CSV file").set_input_files(table)
        await dialog.get_by_text("New: 1").wait_for()
        async with lost(page, "Import CSV"):
            pass
        await dialog.get_by_text("New: 1").wait_for()
        await dialog.get_by_role("button", name="Import CSV").click()
        await dialog.wait_for(state="detached")

        await panel.get_by_role("button", name="Select several").click()
        await panel.get_by_role("checkbox", name="Wash").check()
        await panel.get_by_role("button", name="Take out of group").click()
        await dialog.get_by_label("Groups").select_option(GROUP)
        async with lost(page, "Take out of group"):
            pass
        await dialog.get_by_role("button", name="Take out of group").click()
        await dialog.wait_for(state="detached")
        await panel.get_by_text("In no group").wait_for()

        built.finger.add_user(User(enrollid=77, name="Jayne"))
        await look_at_people(built, "Office")
        await page.goto(f"{built.home.url}/timmy-access/differences")
        await panel.get_by_role("button", name="Take into the house").first.click()
        await dialog.get_by_label(GROUP).check()
        async with lost(page, "Take into the house"):
            pass
        assert await dialog.get_by_label(GROUP).is_checked()

        await page.goto(f"{built.home.url}/timmy-access/doors")
        await panel.get_by_label("Door mode: Front door").select_option("held_open")
        await dialog.get_by_label("For how long").select_option("Until a time")
        until = dialog.get_by_label("Until", exact=True)
        await until.fill("2099-01-01T10:00")
        async with lost(page, "Held open"):
            pass
        assert await until.input_value() == "2099-01-01T10:00"
        assert built.face.doors[1].mode == "normal"


async def test_a_table_that_is_too_long_is_told_by_its_name(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Import CSV").click()
        dialog = panel.locator("timmy-import-dialog")
        table: FilePayload = {"name": "all.csv", "mimeType": "text/csv", "buffer": b"name\n" + b"Zoe\n" * 600_000}
        await dialog.get_by_label("CSV file").set_input_files(table)
        await dialog.get_by_text("all.csv is too long.").wait_for()
        assert await dialog.get_by_role("button", name="Import CSV").is_disabled()


async def test_what_is_typed_stays_while_the_listener_starts_anew(built: House) -> None:  # noqa: F811 - the fixture
    """As when another administrator changes a setting just now."""
    zoe = await add_zoe(built)
    (entry,) = await built.home.call("config_entries/get", domain="timmy_access")
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/people/{zoe}")
        panel = page.locator(PANEL)
        dialog = panel.locator("timmy-dialog")
        await panel.get_by_role("button", name="Edit").click()
        await dialog.get_by_label("Note").fill("Keeps the keys")
        await built.home.call("config_entries/disable", entry_id=entry["entry_id"], disabled_by="user")
        await dialog.get_by_text("The listener is not running").wait_for()
        assert await dialog.get_by_role("button", name="Save").is_disabled()
        assert await dialog.get_by_label("Note").input_value() == "Keeps the keys"
        await page.screenshot(path=PICTURES / "panel-listener-away.png")
        assert await violations(page) == []
        await built.home.call("config_entries/disable", entry_id=entry["entry_id"], disabled_by=None)
        await dialog.get_by_text("The listener is not running").wait_for(state="detached")
        assert await dialog.get_by_label("Note").input_value() == "Keeps the keys"
        await dialog.get_by_role("button", name="Save").click()
        await dialog.wait_for(state="detached")
        await panel.get_by_text("Keeps the keys").wait_for()


async def test_a_terminal_that_goes_away_while_it_records_is_told_with_what_to_do(
    built: House,  # noqa: F811 - the fixture
) -> None:
    zoe = await add_zoe(built)
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/enrol/{zoe}")
        panel = page.locator(PANEL)
        await panel.get_by_role("radio", name="Office").click()
        start = panel.get_by_role("button", name="Start")
        await start.click()
        await panel.get_by_text(f"{ZOE} can put the finger on").wait_for()
        await built.finger.stop()
        await panel.get_by_text("Office lost its connection before").wait_for()
        await panel.get_by_text("Wait until it is back and try again").wait_for()
        await page.screenshot(path=PICTURES / "panel-enrol-away.png")
        assert await violations(page) == []
        assert await panel.get_by_role("radio", name="Office").is_disabled()
        # And so it is done.
        await built.finger.start()
        await built.finger.wait_registered(timeout=30)
        await panel.get_by_role("radio", name="Office").click()
        await start.click()
        await panel.get_by_text(f"{ZOE} can put the finger on").wait_for()
        built.finger.scan_enrolment()
        await panel.get_by_text("Recorded at Office").wait_for()


async def test_who_is_second_at_a_person_sees_what_the_first_has_changed(
    built: House,  # noqa: F811 - the fixture
) -> None:
    """Both are at the panel: what the second does not touch stays as the first has made it."""
    zoe = await add_zoe(built)
    async with logged_in(built.home) as first, logged_in(built.home) as second:
        for page in (first, second):
            await page.goto(f"{built.home.url}/timmy-access/people/{zoe}")
            await page.locator(PANEL).get_by_role("button", name="Edit").click()
        mine, theirs = (page.locator(PANEL).locator("timmy-dialog") for page in (first, second))
        await theirs.get_by_label("Note").fill("Lives upstairs")
        await mine.get_by_label("Name").fill("Zoe Alleyne")
        await mine.get_by_role("button", name="Save").click()
        await mine.wait_for(state="detached")
        await theirs.get_by_text("Somebody else has changed this meanwhile.").wait_for()
        await theirs.get_by_text("Name: Zoe Alleyne").wait_for()
        await second.screenshot(path=PICTURES / "panel-second.png")
        assert await violations(second) == []
        assert await theirs.get_by_label("Note").input_value() == "Lives upstairs"
        await theirs.get_by_role("button", name="Save all the same").click()
        await theirs.wait_for(state="detached")
        await second.locator(PANEL).get_by_text("Lives upstairs").wait_for()
    (person,) = [it for it in (await built.perform("get_people"))["people"] if it["person_id"] == zoe]
    assert (person["name"], person["note"]) == ("Zoe Alleyne", "Lives upstairs")
