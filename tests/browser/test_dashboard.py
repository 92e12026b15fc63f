"""The dashboard that the panel's button writes, as a person sees it: a real Chromium on a real Home Assistant."""

from copy import deepcopy

import pytest

from scripts.browser import logged_in
from scripts.demo_house import CONTROLLER, FACE, PEOPLE, House

from .test_panel import PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

# As long as the main job takes.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

PATH = "timmy-access-doors"


async def test_the_button_makes_a_dashboard_that_opens_a_door(built: House) -> None:  # noqa: F811 - the fixture
    await built.home.approve(CONTROLLER, name="Warehouse", doors=4)
    await built.controller.wait_registered()
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        await panel.get_by_role("region", name="Warehouse").wait_for()
        await panel.get_by_role("button", name="Make a dashboard").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_text("The dashboard is in the sidebar").wait_for()
        assert await violations(page) == []
        await page.screenshot(path=PICTURES / "panel-dashboard.png")
        await dialog.get_by_role("link", name="Open the dashboard").click()
        await page.wait_for_url(f"**/{PATH}/**")
        await page.get_by_text("Who came and went").wait_for()

        built.face.punch(1)
        await page.get_by_text(PEOPLE[1]).first.wait_for()
        assert await page.locator("hui-error-card").count() == 0
        assert await page.get_by_text("Entity not found").count() == 0
        assert not await page.get_by_text("To look after").is_visible()
        await page.screenshot(path=PICTURES / "dashboard-390.png", full_page=True)

        door = page.locator("hui-tile-card").filter(has_text="Door 3")
        before = {number: state.openings for number, state in built.controller.doors.items()}
        await door.locator("hui-lock-open-door-card-feature").get_by_role("button").click()
        await door.get_by_role("button", name="Really open?").click()
        await built.controller.wait_opened(3, after=before[3])
        openings = {number: state.openings - before[number] for number, state in built.controller.doors.items()}
        assert openings == {1: 0, 2: 0, 3: 1, 4: 0}

        # What is wrong shows by itself.
        await built.face.stop()
        await page.get_by_text("To look after").wait_for()


async def test_pressed_again_the_button_leaves_what_the_owner_changed(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        press = panel.get_by_role("button", name="Make a dashboard")
        await press.click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_role("button", name="Close").click()
        made = await built.home.call("lovelace/config", url_path=PATH)

        mine = deepcopy(made)
        sections = mine["views"][0]["sections"]
        front = next(it for it in sections if it["cards"][0]["heading"] == "Front door")
        front["cards"][0]["heading"] = "My front door"
        await built.home.call("lovelace/config/save", url_path=PATH, config=mine)
        lock = (await built.home.entity(f"{FACE}_door1_lock"))["entity_id"]
        await built.home.call("config/entity_registry/update", entity_id=lock, new_entity_id="lock.entrance")
        await press.click()
        await dialog.get_by_text("1 section that you have changed").wait_for()
    now = await built.home.call("lovelace/config", url_path=PATH)
    headings = [it["cards"][0]["heading"] for it in now["views"][0]["sections"]]
    assert "My front door" in headings
    assert "Front door" not in headings
    assert "lock.entrance" in str(now)
    assert lock in str(next(it for it in now["views"][0]["sections"] if it["cards"][0]["heading"] == "My front door"))
