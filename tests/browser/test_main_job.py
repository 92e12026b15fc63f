"""The main job as a person does it: a real Chromium on a real Home Assistant in another process."""

from collections.abc import AsyncGenerator
from pathlib import Path

from playwright.async_api import Page
import pytest

from scripts.browser import approve_by_hand, logged_in, see
from scripts.demo_house import CONTROLLER, FACE, PEOPLE, House, house
from scripts.home import free_port
from simulator import Timing

# Home Assistant starts, and Chromium paints its first page: 20 s each on two busy cores.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    async with house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        yield built


@pytest.fixture
async def page(built: House) -> AsyncGenerator[Page]:
    async with logged_in(built.home) as page:
        yield page


async def test_a_waiting_terminal_is_approved_and_its_door_opened(built: House, page: Page) -> None:
    await approve_by_hand(page, built.home, "Warehouse")
    await built.controller.wait_registered()

    await see(page, built.home, f"/config/devices/device/{await built.home.device('Door 3')}", "Controls")
    before = {number: door.openings for number, door in built.controller.doors.items()}
    await page.get_by_role("button", name="Unlock", exact=True).click()
    await built.controller.wait_door(3)
    openings = {number: door.openings - before[number] for number, door in built.controller.doors.items()}
    assert openings == {1: 0, 2: 0, 3: 1, 4: 0}
    lock = (await built.home.entity(f"{CONTROLLER}_door3_lock"))["entity_id"]
    assert lock == "lock.warehouse_door_3"

    await see(page, built.home, f"/config/devices/device/{await built.home.device('Front door')}", "Latest punch")
    built.face.punch(1)
    await page.get_by_text(PEOPLE[1]).first.wait_for()
    assert (await built.home.entity(f"{FACE}_latest_punch"))["state"] == PEOPLE[1]
