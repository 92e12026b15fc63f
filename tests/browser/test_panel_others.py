"""Who does not administer Home Assistant gets nothing of the panel: not in the sidebar, by address or by socket."""

from typing import Any

import pytest

from custom_components.timmy_access.panel.api import COMMANDS
from custom_components.timmy_access.panel.request import type_of
from scripts.browser import logged_in
from scripts.demo_house import House

from .test_panel import PANEL, PICTURES, built  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

OTHER = ("guest", "not an administrator")
NAMES = sorted({command.name for command in COMMANDS} | {"version"})
ASK = """
async types => {
  const { connection } = document.querySelector("home-assistant").hass;
  const codes = {};
  for (const type of types) {
    const message = type.endsWith("/version") ? { type } : { type, data: {} };
    codes[type] = await connection.sendMessagePromise(message).then(() => "answered", (err) => err.code);
  }
  return codes;
}
"""


async def test_who_is_no_administrator_sees_no_panel_and_gets_no_answer(
    built: House,  # noqa: F811 - the fixture
) -> None:
    home = built.home
    await home.add_user(*OTHER)
    async with logged_in(home) as page:
        await page.locator("ha-sidebar").get_by_text("Timmy Access").wait_for()
    async with logged_in(home, user=OTHER) as page:
        sidebar = page.locator("ha-sidebar")
        await sidebar.get_by_text("Activity").wait_for()
        assert await sidebar.get_by_text("Timmy Access").count() == 0
        await page.goto(f"{home.url}/timmy-access/people")
        await page.locator("home-assistant-main").wait_for()
        await sidebar.get_by_text("Activity").wait_for()
        await page.wait_for_load_state("networkidle")
        assert await page.locator(PANEL).count() == 0
        await page.screenshot(path=PICTURES / "panel-refused.png")
        types = [type_of(name) for name in NAMES]
        codes: dict[str, Any] = await page.evaluate(ASK, types)
    assert codes == dict.fromkeys(types, "unauthorized")
