"""All pages of the panel in a house that is lived in."""

from playwright.async_api import Page

from .demo_house import House
from .demo_life import NUMBERS

SOMEBODY = "Emmy Noether"
# Go there as a link does, without loading Home Assistant anew.
GO = """
address => {
  history.pushState(null, "", address);
  window.dispatchEvent(new CustomEvent("location-changed"));
}
"""
# What has come meanwhile is painted.
PAINTED = """
async page => {
  await page.updateComplete;
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}
"""


async def addresses(built: House) -> dict[str, str]:
    """Return the addresses of all pages by what to call them."""
    people = (await built.perform("get_people"))["people"]
    (somebody,) = [it["person_id"] for it in people if it["name"] == SOMEBODY]
    return {
        "doors": "/timmy-access/doors",
        "people": "/timmy-access/people",
        "several": "/timmy-access/people?several=1",
        "person": f"/timmy-access/people/{somebody}",
        "inside": "/timmy-access/inside",
        "enrol": f"/timmy-access/enrol/{somebody}",
        "groups": "/timmy-access/groups",
        "guests": "/timmy-access/guests",
        "log": "/timmy-access/log",
        "hours": "/timmy-access/hours",
        "sheet": f"/timmy-access/hours?person={NUMBERS[SOMEBODY]}&name={SOMEBODY.replace(' ', '%20')}",
        "differences": "/timmy-access/differences",
        "terminals": "/timmy-access/terminals",
    }


async def show(page: Page, address: str) -> None:
    """Go to a page of the panel, and wait until all of it is there."""
    await page.evaluate(GO, address)
    view = address.split("/")[2].partition("?")[0]
    tag = "timmy-person" if "/people/" in address else f"timmy-{view}"
    shown = page.locator(tag)
    await shown.locator("h2").first.wait_for()
    await shown.evaluate(PAINTED)
    await shown.locator(".skeleton").first.wait_for(state="detached")
    await shown.evaluate(PAINTED)
