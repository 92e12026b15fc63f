"""The measured flows that are no person's own: a guest, and who came in; by mouse and by the keyboard alone."""

from datetime import datetime, time, timedelta

import pytest

from scripts.browser import logged_in
from scripts.demo_house import PEOPLE, House

from .hands import Keys, Mouse
from .test_panel import DESK, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

TUESDAY = 1
DAYS_OF_WEEK = 7


@pytest.mark.parametrize("kind", [Mouse, Keys], ids=["mouse", "keyboard"])
async def test_a_guest_gets_a_code_and_it_is_seen_who_came_last_tuesday(
    built: House,  # noqa: F811 - the fixture
    kind: type[Mouse],
) -> None:
    """A guest with QR code on the phone <= 4 clicks, who came in last Tuesday <= 3, from the navigation on."""
    today = built.today()
    tuesday = today - timedelta(days=(today.weekday() - TUESDAY) % DAYS_OF_WEEK or DAYS_OF_WEEK)
    for days, number in ((0, 1), (1, 2), (-1, 3)):
        built.face.punch(number, time=datetime.combine(tuesday + timedelta(days=days), time(8, 30)))
    await built.face.wait_sent()
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access")
        panel = page.locator(PANEL)
        navigation, dialog = panel.locator("nav"), panel.locator("timmy-dialog")

        hand = kind(page)
        await hand.press(navigation.get_by_role("link", name="Guests"))
        await hand.press(panel.get_by_role("button", name="New pass"))
        await hand.type(dialog.get_by_label("Guest's name"), "Plumber")
        await hand.press(dialog.get_by_label("Front door"))
        await hand.press(dialog.get_by_role("button", name="Make pass"))
        code = dialog.get_by_alt_text("QR code of the pass")
        await code.wait_for()
        assert await code.evaluate("it => it.naturalWidth") > 0
        assert hand.clicks <= 4
        (held,) = (await built.perform("get_passes", device_id=await built.home.device("Front door")))["passes"]
        assert (held["name"], held["state"]) == ("Plumber", "active")
        # Closed before the code went anywhere, it asks once.
        close = dialog.get_by_role("button", name="Close", exact=True)
        await hand.press(close)
        await dialog.get_by_text("was not sent, saved or printed yet").wait_for()
        await hand.press(dialog.get_by_role("button", name="Close anyway"))
        await dialog.wait_for(state="detached")

        for size in (PHONE, DESK):
            await page.set_viewport_size(size)
            await hand.press(navigation.get_by_role("link", name="Doors"))
            hand = kind(page)
            await hand.press(navigation.get_by_role("link", name="Log"))
            if size is PHONE:
                await hand.press(panel.locator("summary"))
            await hand.type_day(panel.get_by_label("Day"), tuesday)
            await page.keyboard.press("Tab")
            rows = panel.locator("timmy-record")
            await rows.filter(has_text=PEOPLE[2]).wait_for(state="detached")
            await rows.filter(has_text=PEOPLE[1]).wait_for()
            assert await rows.count() == 1
            assert f"day={tuesday}" in page.url
            assert hand.clicks <= 3
            await page.screenshot(path=PICTURES / f"panel-log-tuesday-{size['width']}.png")
            assert await violations(page) == []
