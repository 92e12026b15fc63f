"""The dashboard of the documentation as a person sees it, in a real Chromium on a real Home Assistant."""

from pathlib import Path

import pytest

from scripts.browser import logged_in, see
from scripts.demo_house import CONTROLLER, PEOPLE, house
from scripts.home import free_port
from scripts.pictures import DASHBOARD
from simulator import Timing

# As long as the main job takes.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]


async def test_the_dashboard_shows_the_doors_and_opens_one(tmp_path: Path) -> None:
    async with (
        house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built,
        logged_in(built.home) as page,
    ):
        await built.home.approve(CONTROLLER, name="Warehouse", doors=4)
        await built.controller.wait_registered()
        await see(page, built.home, await built.hang_up(DASHBOARD), "Door 4")

        built.face.punch(1)
        await page.get_by_text(PEOPLE[1]).first.wait_for()
        assert await page.locator("hui-error-card").count() == 0
        assert await page.get_by_text("Entity not found").count() == 0
        assert await page.locator("hui-tile-card").count() == 7

        door = page.locator("hui-tile-card").filter(has_text="Door 3")
        before = {number: state.openings for number, state in built.controller.doors.items()}
        await door.locator("hui-lock-open-door-card-feature").get_by_role("button").click()
        await door.get_by_role("button", name="Really open?").click()
        await built.controller.wait_door(3)
        openings = {number: state.openings - before[number] for number, state in built.controller.doors.items()}
        assert openings == {1: 0, 2: 0, 3: 1, 4: 0}
