"""The main job as a person does it: a real Chromium on a real Home Assistant in another process."""

from collections.abc import AsyncGenerator, Awaitable, Callable
import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page
import pytest

from scripts.browser import add_by_hand, approve_by_hand, logged_in, see
from scripts.demo_house import CONTROLLER, FACE, PEOPLE, House, house
from scripts.home import REPOSITORY, Home, free_port
from scripts.home_process import running_home
from simulator import Timing

# Home Assistant starts, and Chromium paints its first page: 20 s each on two busy cores.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

# What each step looked like, for whoever wants to see.
PICTURES = REPOSITORY / "build" / "browser"

type Keep = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home]:
    async with running_home(tmp_path / "home", free_port()) as home:
        yield home


@pytest.fixture
async def built(tmp_path: Path) -> AsyncGenerator[House]:
    async with house(tmp_path / "home", free_port(), free_port(), Timing.fast()) as built:
        yield built


@pytest.fixture
async def page(built: House) -> AsyncGenerator[Page]:
    async with logged_in(built.home) as page:
        yield page


@pytest.fixture
def keep() -> Keep:
    async def _keep(page: Page, name: str) -> None:
        await page.screenshot(path=PICTURES / f"{name}.png")

    return _keep


async def test_the_integration_is_added_by_hand(home: Home, keep: Keep) -> None:
    port = free_port()
    async with logged_in(home) as page:
        await add_by_hand(page, home, port)
        await page.get_by_text(f"IP 127.0.0.1, port {port}").wait_for()
        await keep(page, "1-added")
    (entry,) = await home.call("config_entries/get", domain="timmy_access")
    assert entry["state"] == "loaded"


async def test_a_waiting_terminal_is_approved_and_its_door_opened(built: House, page: Page, keep: Keep) -> None:
    await approve_by_hand(page, built.home, "Warehouse")
    await keep(page, "2-approved")
    await built.controller.wait_registered()
    doors = [f"Door {number}" for number in range(1, 5)]
    for door in doors:
        assert await built.home.device(door)

    await see(page, built.home, f"/config/devices/device/{await built.home.device('Door 3')}", "Controls")
    before = {number: door.openings for number, door in built.controller.doors.items()}
    await page.locator("state-badge").first.click()
    dialog = page.locator("ha-more-info-dialog")
    await dialog.get_by_role("button", name="Open door").click()
    await dialog.get_by_role("button", name="Really open?").click()
    await built.controller.wait_opened(3, after=before[3])
    await dialog.get_by_text("Open", exact=True).wait_for()
    await keep(page, "3-opened")
    openings = {number: door.openings - before[number] for number, door in built.controller.doors.items()}
    assert openings == {1: 0, 2: 0, 3: 1, 4: 0}
    lock = (await built.home.entity(f"{CONTROLLER}_door3_lock"))["entity_id"]
    assert lock == "lock.warehouse_door_3"

    await see(page, built.home, "/logbook", "Activity")
    # The page follows what happens once it shows what has.
    await page.locator("ha-logbook").get_by_text("Door 3").first.wait_for()
    built.face.punch(1)
    await page.get_by_text("entered at Front door (Face)").first.wait_for()
    await keep(page, "4-punched")
    assert (await built.home.entity(f"{FACE}_door1_lock"))["attributes"]["changed_by"] == PEOPLE[1]


async def test_an_automation_is_built_with_our_trigger(built: House, page: Page, keep: Keep) -> None:
    await see(page, built.home, "/config/automation/edit/new", "Add trigger")
    await page.get_by_role("button", name="Add trigger").click()
    elements = page.locator("add-automation-element-dialog")
    await elements.get_by_placeholder("Search").fill("access granted")
    await elements.get_by_text("Access granted").click()
    targets = page.locator("ha-target-picker")
    await targets.get_by_role("button", name="Add target").click()
    await targets.get_by_placeholder("Search").fill("Front door")
    await targets.get_by_text("Front door", exact=True).click()
    await keep(page, "5-trigger")
    await page.locator("ha-automation-editor").get_by_role("button", name="Save").click()
    naming = page.locator("ha-dialog-automation-save")
    await naming.get_by_role("textbox", name="Name").fill("Somebody came in")
    await naming.get_by_role("button", name="Save").click()

    async def automation() -> dict[str, Any] | None:
        return (await built.home.states()).get("automation.somebody_came_in")

    saved: dict[str, Any] = await built.home.until("the automation", automation)
    assert saved["attributes"]["last_triggered"] is None
    built.finger.punch(1)
    built.face.punch(1)

    async def triggered() -> bool:
        return bool((await automation() or saved)["attributes"]["last_triggered"])

    await built.home.until("the automation's run", triggered)


async def test_diagnostics_are_downloaded(built: House, page: Page, keep: Keep) -> None:
    await see(page, built.home, "/config/integrations/integration/timmy_access", "Front door")
    await page.locator("ha-config-entry-row").first.locator("ha-dropdown").first.locator("ha-icon-button").click()
    await keep(page, "6-menu")
    async with page.expect_download() as download:
        await page.get_by_text("Download diagnostics").first.click()
    text = (await (await download.value).path()).read_text()
    assert [terminal["state"]["online"] for terminal in json.loads(text)["data"]["terminals"]] == [True, True]
    assert not any(name in text for name in PEOPLE.values())
