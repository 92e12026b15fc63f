"""Who uses the panel: by mouse, or by the keyboard alone; and a connection that is lost meanwhile."""

from datetime import date

from playwright.async_api import Locator, Page
import pytest

# More than any page has to stop at.
MOST_TABS = 80
# What is focused, through all shadow roots, is this element.
FOCUSED = """
wanted => {
  let it = document.activeElement;
  while (it?.shadowRoot?.activeElement) it = it.shadowRoot.activeElement;
  return it === wanted;
}
"""
# The connection is lost, and comes back when the page is told.
LOSE = """
() => {
  const { connection } = document.querySelector("home-assistant").hass;
  connection.suspendReconnectUntil(new Promise(resolve => { window.comeBack = resolve; }));
  connection.suspend();
}
"""


class Mouse:
    """A hand that clicks, and counts; typing is not counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    async def press(self, target: Locator) -> None:
        """Press a link, button, box or choice."""
        self.clicks += 1
        await target.click()

    async def type(self, target: Locator, text: str) -> None:
        """Type into a field."""
        await target.fill(text)

    async def type_day(self, target: Locator, day: date) -> None:
        """Type into a field for a day."""
        await target.fill(day.isoformat())


class Keys(Mouse):
    """Two hands on a keyboard."""

    async def press(self, target: Locator) -> None:
        await self._reach(target)
        role = await target.evaluate("it => it.type ?? it.localName")
        await self.page.keyboard.press("Space" if role in ("checkbox", "radio") else "Enter")

    async def type(self, target: Locator, text: str) -> None:
        await self._reach(target)
        await self.page.keyboard.type(text)

    async def type_day(self, target: Locator, day: date) -> None:
        await self.type(target, day.strftime("%m%d%Y"))  # as American browsers ask for it

    async def _reach(self, target: Locator) -> None:
        """Go there by Tab alone."""
        await target.wait_for()
        for _ in range(MOST_TABS):
            if await target.evaluate(FOCUSED):
                return
            await self.page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not get to {target}")
