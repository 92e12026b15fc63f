"""The panel of an open page while Home Assistant starts anew: as it was, updated, and without its file."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
import shutil

import pytest

from custom_components.timmy_access.panel.sidebar import FILE
from scripts.browser import logged_in, see
from scripts.demo_house import House
from scripts.home import REPOSITORY, free_port
from scripts.home_process import HomeProcess, Plan, living, prepare, started
from simulator import Timing

from .test_panel import PANEL, PICTURES, violations

# Home Assistant starts up to three times.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("panel")]

LOST = "No connection to Home Assistant. What you have typed stays"


class Restarted:
    """A house whose Home Assistant can be stopped and started, with a copy of the integration."""

    def __init__(self, built: House, process: HomeProcess, bundle: Path) -> None:
        self.built = built
        self.process = process
        self.bundle = bundle

    async def start(self) -> None:
        """Start it again, and wait until the terminals are back."""
        await self.process.start()
        await started(self.built.home, self.process)
        await self.built.face.wait_registered(timeout=60)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncGenerator[Restarted]:
    component = tmp_path / "timmy_access"
    source = REPOSITORY / "custom_components" / "timmy_access"
    await asyncio.to_thread(shutil.copytree, source, component, ignore=shutil.ignore_patterns("__pycache__"))
    process = HomeProcess(tmp_path / "home", free_port())
    await asyncio.to_thread(prepare, process.folder, process.port, Plan(components=(component,)))
    async with living(process) as home:
        built = House(home, free_port(), Timing.fast())
        try:
            await built.furnish()
            yield Restarted(built, process, component / "panel" / "dist" / FILE)
        finally:
            await built.stop()


async def test_what_is_typed_stays_while_home_assistant_starts_anew(there: Restarted) -> None:
    async with logged_in(there.built.home) as page:
        await page.goto(f"{there.built.home.url}/timmy-access/people")
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Add person").click()
        dialog = panel.locator("timmy-dialog")
        name, save = dialog.get_by_label("Name"), dialog.get_by_role("button", name="Add person")
        await name.fill("Malcolm Reynolds")
        await there.process.stop()
        await dialog.get_by_text(LOST).wait_for()
        assert await save.is_disabled()
        assert await violations(page) == []
        await there.start()
        await dialog.get_by_text(LOST).wait_for(state="detached")
        assert await name.input_value() == "Malcolm Reynolds"
        await save.click()
        # What the page follows goes on.
        await panel.get_by_role("heading", name="Malcolm Reynolds").wait_for()
        await panel.get_by_role("link", name="Doors").click()
        await there.built.finger.stop()
        await panel.get_by_text("Away since").wait_for()


async def test_a_page_of_another_version_says_so_and_one_without_its_file_says_what_to_do(there: Restarted) -> None:
    home = there.built.home
    async with logged_in(home) as page:
        await page.goto(f"{home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        await panel.get_by_role("region", name="Front door").wait_for()
        updated = panel.get_by_text("Timmy Access was updated.")
        assert await updated.count() == 0
        await there.process.stop()
        with there.bundle.open("a") as file:
            file.write("\n// the next release\n")
        await there.start()
        await updated.wait_for()
        await page.screenshot(path=PICTURES / "panel-updated.png")
        assert await violations(page) == []
        await panel.get_by_role("button", name="Reload").click()
        await updated.wait_for(state="detached")
        await panel.get_by_role("region", name="Front door").wait_for()
        assert await updated.count() == 0

        await there.process.stop()
        there.bundle.unlink()
        await there.start()
        await see(page, home, "/config/repairs", "The panel of Timmy Access is missing")
        assert await page.locator("ha-sidebar").get_by_text("Timmy Access").count() == 0
        await page.get_by_text("The panel of Timmy Access is missing").click()
        await page.get_by_text("Install a release").first.wait_for()
        await page.screenshot(path=PICTURES / "panel-missing.png")
