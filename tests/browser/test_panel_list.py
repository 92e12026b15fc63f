"""The list of many people: what is drawn is changed while it is scrolled, and stays whose it is for a keyboard."""

from base64 import b64encode

from playwright.async_api import Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import House

from .test_panel import DESK, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]

PEOPLE = 150
# The frame of the list, as tall as a screen and not as what is in it.
FRAME = f"{PANEL} timmy-people timmy-list .frame"
# What has the focus, and whom it is about.
FOCUSED = """
() => {
  let it = document.activeElement, row;
  while (it?.shadowRoot?.activeElement) {
    row = it.closest("timmy-person-row") ?? row;
    it = it.shadowRoot.activeElement;
  }
  row = it?.closest("timmy-person-row") ?? it?.getRootNode().host;
  return row?.localName === "timmy-person-row" ? row.person.name : "";
}
"""
# Scrolled as by a flick, frame by frame; and how many rows were drawn anew for it.
FLICK = """
async ([frame, to]) => {
  let drawn = 0;
  const observer = new MutationObserver(all => {
    for (const one of all) drawn += [...one.addedNodes].filter(it => it.matches?.(".row")).length;
  });
  observer.observe(frame, {childList: true, subtree: true});
  const step = to > frame.scrollTop ? 300 : -300;
  while (Math.abs(frame.scrollTop - to) > 300) {
    frame.scrollTop += step;
    await new Promise(requestAnimationFrame);
  }
  observer.disconnect();
  frame.scrollTop = to;
  return drawn;
}
"""
# Whether rows lie as they are seen, and each shows the person of its place.
IN_ORDER = """
frame => {
  const rows = [...frame.querySelectorAll(".row")];
  const at = rows.map(it => Number(it.getAttribute("aria-posinset")));
  const names = rows.map(it => it.querySelector("timmy-person-row").shadowRoot.querySelector(".name").textContent);
  const { items } = frame.getRootNode().host;
  const told = names.every((name, place) => name === items[at[place] - 1]?.[1].name);
  const sorted = values => values.every((value, place) => place === 0 || values[place - 1] < value);
  return rows.length > 5 && sorted(at) && told;
}
"""
# Whose row a box is in.
NAMES = "all => all.map(it => it.getRootNode().host.person.name)"


async def filled(page: Page, built: House, more: str = "") -> None:  # noqa: F811 - the fixture
    """Let so many people come by a table, and show them."""
    table = "name\n" + "".join(f"{f'Guest {number:03} {more}'.strip()}\n" for number in range(1, PEOPLE + 1))
    await built.home.call(
        "timmy_access/panel/import_people", data={"content": b64encode(table.encode()).decode(), "confirm": True}
    )
    await page.set_viewport_size(DESK)
    await page.goto(f"{built.home.url}/timmy-access/people")
    await page.locator(PANEL).get_by_role("link", name="Guest 001").wait_for()


async def test_rows_are_changed_while_they_are_scrolled_and_the_focus_stays(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await filled(page, built)
        panel = page.locator(PANEL)
        frame = await page.locator(FRAME).element_handle()
        await panel.get_by_role("link", name="Guest 003").focus()
        assert await page.evaluate(FOCUSED) == "Guest 003"
        drawn = await page.evaluate(FLICK, [frame, 4000])
        assert drawn <= 30  # some more are in sight on the way than at first, of some seventy that were passed
        await panel.get_by_role("link", name="Guest 075").wait_for()
        await page.wait_for_function(IN_ORDER, arg=frame)
        # Who pressed Tab is still where they were, however far away, and nobody else has come under their finger.
        assert await page.evaluate(FOCUSED) == "Guest 003"
        assert await violations(page) == []
        await page.screenshot(path=PICTURES / "panel-list.png")
        await page.evaluate(FLICK, [frame, 0])
        await page.wait_for_function(IN_ORDER, arg=frame)
        assert await page.evaluate(FOCUSED) == "Guest 003"
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == "Guest 004"

        # Whoever leaves takes the focus along.
        people = (await built.perform("get_people"))["people"]
        fourth = next(it["person_id"] for it in people if it["name"] == "Guest 004")
        await built.perform("remove_person", person_id=fourth)
        await panel.get_by_role("link", name="Guest 004").wait_for(state="detached")
        await page.wait_for_function(IN_ORDER, arg=frame)
        assert await page.evaluate(FOCUSED) == ""


async def test_who_is_picked_stays_picked_however_far_it_is_scrolled(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await filled(page, built)
        panel = page.locator(PANEL)
        frame = await page.locator(FRAME).element_handle()
        await panel.get_by_role("button", name="Select several").click()
        await panel.get_by_role("checkbox", name="Guest 002").check()
        await page.evaluate(FLICK, [frame, 6000])
        await panel.get_by_role("checkbox", name="Guest 110").check()
        await page.wait_for_function(IN_ORDER, arg=frame)
        boxes = panel.get_by_role("checkbox", checked=True)
        assert await boxes.evaluate_all(NAMES) == ["Guest 110"]
        await page.evaluate(FLICK, [frame, 0])
        await page.wait_for_function(IN_ORDER, arg=frame)
        assert "Guest 002" in await boxes.evaluate_all(NAMES)
        await panel.get_by_text("Selected: 2").wait_for()


# Flicked through, and whether rows that are seen lay one over the other at any time, as it was painted.
OVERLAP = """
async ([frame, to]) => {
  const frames = async count => { for (; count > 0; count--) await new Promise(requestAnimationFrame); };
  const within = () => {
    const { top, bottom } = frame.getBoundingClientRect();
    const seen = [...frame.querySelectorAll(".row")].map(it => it.getBoundingClientRect())
      .filter(it => it.bottom > top && it.top < bottom).sort((one, other) => one.top - other.top);
    return seen.slice(1).map((it, place) => it.top - seen[place].bottom).filter(gap => Math.abs(gap) > 1);
  };
  const found = [];
  const step = to > frame.scrollTop ? 300 : -300;
  for (let at = frame.scrollTop; Math.abs(at - to) > 300; at += step) {
    frame.scrollTop = at + step;
    await frames(3);
    found.push(...within());
  }
  frame.scrollTop = to;
  await frames(30);
  return [found.length, within().length];
}
"""
LONG = "who comes to see the house and has a long name"


async def test_rows_of_a_phone_lie_one_below_the_other(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await filled(page, built, LONG)
        frame = await page.locator(FRAME).element_handle()
        assert await page.evaluate(OVERLAP, [frame, 4000]) == [0, 0]
        # Turned: everybody takes more room than when they were last seen.
        await page.set_viewport_size(PHONE)
        await page.wait_for_function(IN_ORDER, arg=frame)
        assert await page.evaluate(OVERLAP, [frame, 0]) == [0, 0]
        assert await page.evaluate(OVERLAP, [frame, 12_000]) == [0, 0]
        await page.screenshot(path=PICTURES / "panel-list-phone.png")


async def test_whoever_holds_tab_goes_from_one_to_the_next(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await filled(page, built)
        await page.locator(PANEL).get_by_role("link", name="Guest 001").focus()
        for number in range(2, 61):
            await page.keyboard.press("Tab")
            assert await page.evaluate(FOCUSED) == f"Guest {number:03}"
        for number in range(59, 0, -1):
            await page.keyboard.press("Shift+Tab")
            assert await page.evaluate(FOCUSED) == f"Guest {number:03}"
