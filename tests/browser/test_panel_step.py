"""How terminals are with the house, in the panel: a real Chromium on a real Home Assistant with virtual terminals."""

from playwright.async_api import Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import FACE, House
from simulator import User

from .test_panel import OVERFLOW, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]


async def perform(house: House, action: str, **data: object) -> None:
    """Perform an action as the panel does."""
    await house.home.call("timmy_access/panel/perform", data={"action": action, "with": data})


async def keep(house: House, name: str) -> str:
    """Keep a terminal in step with the house, and return its device."""
    device = await house.home.device(name)
    await perform(house, "keep_in_step", device_id=device, confirm=True)
    return device


async def look_at_people(house: House, serial: str) -> None:
    """Have Home Assistant read anew who is on a terminal."""
    button = (await house.home.entity(f"{serial}_refresh_people"))["entity_id"]
    await house.home.act("button.press", entity_id=button)


async def in_order(page: Page, name: str) -> None:
    """Take a picture, and find nothing that is cut off or that axe-core finds."""
    await page.screenshot(path=PICTURES / f"panel-{name}.png")
    assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
    assert await violations(page) == []


async def test_differences_are_settled_one_and_all(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        await keep(built, "Front door")
        for number, name in ((21, "Eve with a name that is as long as a name may be at all"), (22, "Max"), (23, "Zoë")):
            built.face.add_user(User(enrollid=number, name=name))
        await look_at_people(built, FACE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        # The page follows by itself, and counts where it links.
        await panel.get_by_role("link", name="Differences: 3").click()
        rows = panel.locator("timmy-difference")
        await rows.nth(2).wait_for()
        assert "terminal=" in page.url
        await in_order(page, "differences")

        await rows.filter(has_text="Max").get_by_role("button", name="Take into the house").click()
        dialog = panel.locator("timmy-dialog")
        take = dialog.get_by_role("button", name="Take into the house")
        assert await take.is_disabled()
        await dialog.get_by_role("checkbox", name="Front door").check()
        await in_order(page, "differences-keep")
        await take.click()
        await rows.filter(has_text="Max").wait_for(state="detached")
        assert {22, 23} <= built.face.users.keys()

        # All are named before anything is done to them.
        await panel.get_by_role("button", name="Put all back").click()
        await dialog.get_by_text("Zoë").wait_for()
        await in_order(page, "differences-all")
        await dialog.get_by_role("button", name="Put back").click()
        await panel.get_by_text("Terminals and the house say the same.").wait_for()
        await built.face.wait_for(lambda: True if not {21, 23} & built.face.users.keys() else None, timeout=30)
        assert 22 in built.face.users
        await in_order(page, "differences-none")
