"""What is ordered of doors in the panel: a lockdown, an evacuation, a hold with an end."""

import pytest

from scripts.browser import logged_in
from scripts.demo_house import FINGER, House

from .test_panel import OVERFLOW, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]


async def test_a_lockdown_says_which_doors_have_confirmed_it(built: House) -> None:  # noqa: F811 - the fixture
    """One terminal is away: it is named with the reason, and confirms by itself as soon as it is back."""
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Lock down all doors").wait_for()
        await built.finger.stop()
        await panel.get_by_text("Away since").wait_for()
        await panel.get_by_role("button", name="Lock down all doors").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_text("Front door, Office").wait_for()
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Lock down all doors").click()
        banner = panel.get_by_role("alert", name="Lockdown")
        await banner.get_by_text("1 of 2 doors have confirmed it.").wait_for()
        await banner.get_by_text("Not confirmed: not connected").wait_for()
        await dialog.wait_for(state="detached")
        await page.screenshot(path=PICTURES / "panel-lockdown.png", full_page=True)
        assert await violations(page) == []
        assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
        assert await panel.get_by_role("button", name="Lock down all doors").count() == 0

        await built.finger.start()
        await banner.get_by_text("All doors have confirmed it.").wait_for()
        await banner.get_by_role("button", name="End").click()
        await dialog.get_by_role("button", name="End", exact=True).click()
        await banner.wait_for(state="detached")
    lock = await built.home.entity(f"{FINGER}_door1_lock")
    assert (await built.home.states())[lock["entity_id"]]["state"] == "locked"


async def test_an_evacuation_opens_only_after_it_was_confirmed(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Evacuate").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_role("button", name="Cancel").click()
        assert not built.face.doors[1].is_open
        await panel.get_by_role("button", name="Evacuate").click()
        await dialog.get_by_role("button", name="Evacuate").click()
        banner = panel.get_by_role("alert", name="Evacuation")
        await banner.get_by_text("All doors have confirmed it.").wait_for()
        assert built.face.doors[1].is_open
        assert built.finger.doors[1].is_open


async def test_a_door_is_held_for_a_time_and_says_until_when_and_who(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        door = panel.get_by_role("region", name="Front door")
        await door.get_by_label("Door mode: Front door").select_option("held_open")
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_label("For how long").select_option("4 hours")
        await page.screenshot(path=PICTURES / "panel-hold.png")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Held open").click()
        await door.get_by_text("asked by").wait_for()
        assert built.face.doors[1].is_open

        # What closes is done at once, and is given an end afterwards.
        await door.get_by_label("Door mode: Front door").select_option("held_closed")
        await door.get_by_text("Until it is set to normal again").wait_for()
        assert not built.face.doors[1].is_open
        await door.get_by_role("button", name="For how long").click()
        await dialog.get_by_label("For how long").select_option("Until a time")
        await dialog.get_by_label("Until", exact=True).fill("2020-01-01T10:00")
        await dialog.get_by_role("button", name="Held closed").click()
        await dialog.get_by_text("a hold has to end in the future").wait_for()
        await dialog.get_by_label("For how long").select_option("15 minutes")
        await dialog.get_by_role("button", name="Held closed").click()
        await door.get_by_text("asked by").wait_for()
        assert await door.get_by_label("Door mode: Front door").input_value() == "held_closed"
        await page.screenshot(path=PICTURES / "panel-held.png", full_page=True)
        assert await violations(page) == []
