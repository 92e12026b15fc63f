"""A picture of somebody, taken with the camera of the computer that the panel is used on."""

import pytest

from scripts.browser import logged_in
from scripts.demo_house import House

from .test_panel import OVERFLOW, PANEL, PHONE, PICTURES, violations
from .test_people import PHOTO, ZOE, add_zoe, built, until_held  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
# What it shows has come.
LIVE = "video => video.videoWidth > 0 && !video.paused"


async def test_a_picture_is_taken_with_the_camera(built: House) -> None:  # noqa: F811 - the fixture
    zoe = await add_zoe(built)
    address = f"{built.home.url}/timmy-access/enrol/{zoe}?kind=photo"
    async with logged_in(built.home) as page:
        await page.goto(address)
        panel = page.locator(PANEL)
        await panel.get_by_role("button", name="Use the camera").click()
        await panel.get_by_text("The camera was not allowed, or something else uses it").wait_for()
        assert await violations(page) == []
        # A file does as well.
        assert await panel.get_by_label("Choose a picture").is_enabled()
    async with logged_in(built.home, options=CAMERA) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(address)
        panel = page.locator(PANEL)
        start = panel.get_by_role("button", name="Start")
        take = panel.get_by_role("button", name="Use the camera")
        await take.click()
        video = panel.locator("video")
        await video.wait_for()
        await panel.get_by_role("button", name="Cancel").click()
        await video.wait_for(state="detached")
        assert await start.is_disabled()

        await take.click()
        await page.wait_for_function(f"video => ({LIVE})(video)", arg=await video.element_handle())
        track = await video.evaluate_handle("video => video.srcObject.getTracks()[0]")
        await page.screenshot(path=PICTURES / "panel-camera.png")
        assert await violations(page) == []
        assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
        await panel.get_by_role("button", name="Take the picture").click()
        picture = panel.get_by_alt_text(f"The picture of {ZOE}")
        await picture.wait_for()
        assert await picture.evaluate("it => it.naturalWidth") > 0
        # Nobody is filmed any longer.
        assert await track.evaluate("it => it.readyState") == "ended"
        await start.click()
        await until_held(built.face, PHOTO, bool)
        await panel.get_by_text("Recorded at Front door").wait_for()
