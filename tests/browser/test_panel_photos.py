"""Photos of accesses in the panel, where the owner has turned them on; and who gets none of it."""

from http import HTTPStatus

from playwright.async_api import Locator, Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import House
from simulator import User

from .test_panel import OVERFLOW, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

ZOE = "Zoe Washburne"
OTHER = ("guest", "not an administrator")
GET = """
async path => {
  const { hass } = document.querySelector("home-assistant");
  return (await hass.fetchWithAuth(path)).status;
}
"""


async def width(image: Locator) -> int:
    """Return how wide a picture is in its file; 0 where it did not load."""
    await image.wait_for()
    return int(await image.evaluate("async it => { await it.decode(); return it.naturalWidth; }"))


async def large(page: Page, place: Locator) -> str:
    """Look at a photo in large, and return its address."""
    button = place.get_by_role("button", name="Show the photo")
    assert await width(button.locator("img")) > 0
    await button.click()
    dialog = page.locator(PANEL).locator("timmy-dialog")
    photo = dialog.get_by_alt_text("Photo at Front door")
    assert await width(photo) > 0
    assert await violations(page) == []
    address = str(await photo.get_attribute("src"))
    await dialog.get_by_role("button", name="Close").click()
    await dialog.wait_for(state="detached")
    return address


async def test_a_photo_is_with_its_record_and_person_until_they_are_turned_off(
    built: House,  # noqa: F811 - the fixture
) -> None:
    home = built.home
    await built.choose(photos=True)
    await built.face.wait_registered(timeout=30)
    zoe = (await built.perform("add_person", name=ZOE))["person_id"]
    (number,) = [it["enroll_id"] for it in (await built.perform("get_people"))["people"] if it["person_id"] == zoe]
    built.face.add_user(User(enrollid=number, name=ZOE))
    await home.add_user(*OTHER)
    async with logged_in(home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{home.url}/timmy-access/log")
        panel = page.locator(PANEL)
        await panel.locator("timmy-log h2").wait_for()
        # The page follows: the photo comes to its row by itself.
        built.face.punch(number)
        row = panel.locator("timmy-record").filter(has_text=ZOE)
        address = await large(page, row)
        await page.screenshot(path=PICTURES / "panel-log-photo.png")
        assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
        await row.get_by_role("link", name=ZOE).click()
        await page.goto(f"{home.url}/timmy-access/people/{zoe}")
        await large(page, panel.locator("timmy-latest"))
        await page.screenshot(path=PICTURES / "panel-person-photo.png", full_page=True)

        path = address.removeprefix(home.url)
        assert "authSig=" in path
        plain = path.partition("?")[0]
        assert await page.evaluate(GET, plain) == HTTPStatus.OK
        async with logged_in(home, user=OTHER) as other:
            assert await other.evaluate(GET, plain) == HTTPStatus.UNAUTHORIZED
            response = await other.goto(home.url + plain)
            assert response is not None
            assert response.status == HTTPStatus.UNAUTHORIZED
            response = await other.goto(home.url + path.replace("authSig=", "authSig=x"))
            assert response is not None
            assert response.status == HTTPStatus.UNAUTHORIZED

        # Also from a page that is open, and for whoever has kept the address.
        await built.choose(photos=False)
        await panel.get_by_role("button", name="Show the photo").wait_for(state="detached")
        await panel.locator("timmy-record").first.wait_for()
        assert await page.evaluate(GET, plain) == HTTPStatus.NOT_FOUND
        assert await page.evaluate("async path => (await fetch(path)).status", path) == HTTPStatus.NOT_FOUND
