"""How terminals are with the house, in the panel: a real Chromium on a real Home Assistant with virtual terminals."""

import re

from playwright.async_api import Page
import pytest

from scripts.browser import logged_in
from scripts.demo_house import CONTROLLER, FACE, FINGER, House
from scripts.demo_life import settled
from scripts.home import LOOPBACK, free_port
from simulator import Timing, User, VirtualTerminal
from simulator.doors import DoorEvent

from .test_panel import OVERFLOW, PANEL, PHONE, PICTURES, built, violations  # noqa: F401 - a fixture

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("panel")]


async def keep(house: House, name: str) -> str:
    """Keep a terminal in step with the house, and return its device once it is told of everybody."""
    device = await house.home.device(name)

    async def kept() -> bool:
        return bool((await house.perform("keep_in_step", device_id=device, confirm=True))["kept_in_step"])

    await house.home.until("a terminal kept in step", kept)
    await settled(house)
    return device


async def look_at_people(house: House, name: str) -> None:
    """Have Home Assistant read anew who is on a terminal: it does before it says what keeping in step would do."""
    await house.perform("keep_in_step", device_id=await house.home.device(name))


async def in_order(page: Page, name: str) -> None:
    """Take a picture, and find nothing that is cut off or that axe-core finds."""
    await page.screenshot(path=PICTURES / f"panel-{name}.png")
    assert await page.evaluate(OVERFLOW, await page.query_selector(PANEL)) <= 0
    assert await violations(page) == []


async def test_differences_are_settled_one_and_all(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        device = await keep(built, "Front door")
        for number, name in ((21, "Eve with a name that is as long as a name may be at all"), (22, "Max"), (23, "Zoë")):
            built.face.add_user(User(enrollid=number, name=name))
        await look_at_people(built, "Front door")
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

        # Days are taken over like a name; hours come from groups, which others have too.
        mornings = {"3": {day: [{"from": "08:00", "to": "12:00"}] for day in WEEKDAYS}}
        await built.home.act("timmy_access.set_access_settings", device_id=device, week_zones=mornings)
        access = {"valid_until": "2030-01-31 08:00:00", "week_zone": 3}
        await built.home.act("timmy_access.set_user_access", device_id=device, enroll_id=22, **access)
        row = rows.filter(has_text="Max")
        await row.get_by_text(re.compile(r"Mon.Fri 0?8:00.*12:00")).wait_for()
        await row.get_by_text(re.compile("Sat.Sun all day")).wait_for()
        await row.get_by_text("Until Jan 31, 2030").wait_for()
        await row.get_by_text("Hours come from groups").wait_for()
        assert await row.get_by_role("button", name="Take into the house").count() == 0
        assert await panel.get_by_role("button", name="Take all into the house").is_disabled()
        await in_order(page, "differences-access")
        await row.get_by_role("button", name="Put back").click()
        await dialog.get_by_role("button", name="Put back").click()
        await panel.get_by_text("Terminals and the house say the same.").wait_for()
        # The house has decided; the terminal is written to afterwards.
        await built.face.wait_for(lambda: True if built.face.users[22].lock.weekzone != 3 else None, timeout=30)


async def test_who_waits_is_approved_and_takes_the_place_of_another(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/terminals")
        panel = page.locator(PANEL)
        dialog = panel.locator("timmy-dialog")
        await panel.get_by_role("button", name="Approve").click()
        await dialog.get_by_text(CONTROLLER).wait_for()
        await dialog.get_by_label("Name").fill("Warehouse")
        await dialog.get_by_text("Assumed from the model ac4000: 4.").wait_for()
        await dialog.get_by_label("Number of doors").fill("1")
        await dialog.get_by_label("Door 2").wait_for(state="detached")
        await dialog.get_by_label("Number of doors").fill("4")
        await dialog.get_by_label("Door 2").fill("Front door")
        await in_order(page, "approve")
        await dialog.get_by_role("button", name="Approve").click()
        await dialog.get_by_text("Another terminal or a door has this name already.").wait_for()
        await dialog.get_by_label("Door 2").fill("Ramp")
        await dialog.get_by_role("button", name="Approve").click()
        await built.controller.wait_registered(timeout=60)
        warehouse = panel.get_by_role("region", name="Warehouse")
        await warehouse.get_by_text("Connected").wait_for()
        devices = await built.home.call("config/device_registry/list")
        assert [device["name"] for device in devices if device["name_by_user"] == "Ramp"] == ["Door 2"]

        url = f"ws://{LOOPBACK}:{built.terminal_port}/pub/chat"
        async with VirtualTerminal(profile="tfs30", serial="ZYTI00000099", url=url, timing=Timing.fast()) as new:
            await new.wait_refused(timeout=30)
            await panel.get_by_role("region", name="Office").get_by_role("button", name="Replace").click()
            # What is shown is who is let in: all that is known of it.
            await dialog.get_by_text("MAC address").wait_for()
            await in_order(page, "replace")
            await dialog.get_by_role("button", name="Replace").click()
            await panel.get_by_text("Office has been replaced.").wait_for()
            await new.wait_registered(timeout=60)
            office = panel.get_by_role("region", name="Office")
            await office.get_by_text("Connected").wait_for()
            assert (await built.home.entity("ZYTI00000099_connectivity"))["state"] == "on"
            assert not (await built.home.entity(f"{FINGER}_connectivity"))
            await in_order(page, "terminals")


async def test_a_terminal_that_was_emptied_is_filled_again(built: House) -> None:  # noqa: F811 - the fixture
    async with logged_in(built.home) as page:
        built.face.add_user(User(enrollid=5, name="Emmy Noether"))
        await look_at_people(built, "Front door")
        await keep(built, "Front door")
        everybody = set(built.face.users)
        built.face.users.clear()
        await look_at_people(built, "Front door")
        await page.goto(f"{built.home.url}/timmy-access/differences")
        panel = page.locator(PANEL)
        await panel.get_by_role("link", name="Decide what becomes of it").click()
        assert page.url.endswith(f"/terminals/{FACE}")
        await panel.get_by_role("button", name="Was Front door reset?").click()
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_label("Fill it again").check()
        await in_order(page, "reset")
        assert not built.face.users
        await dialog.get_by_role("button", name="Next").click()
        await built.face.wait_for(lambda: True if everybody == set(built.face.users) else None, timeout=60)


async def test_a_door_is_held_open_after_one_question_and_an_alarm_is_cancelled(
    built: House,  # noqa: F811 - the fixture
) -> None:
    door = built.face.doors[1]
    contact = await built.home.switch_on(f"{FACE}_door_sensor")
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/doors")
        panel = page.locator(PANEL)
        mode = panel.get_by_label("Door mode: Front door")
        await mode.select_option("held_open")
        dialog = panel.locator("timmy-dialog")
        await dialog.get_by_text("everybody can go through").wait_for()
        assert (door.mode, await mode.input_value()) == ("normal", "normal")
        await in_order(page, "hold-open")
        await dialog.get_by_role("button", name="Held open").click()
        await dialog.wait_for(state="detached")
        assert door.mode == "held_open"
        # What closes asks nothing.
        await mode.select_option("held_closed")
        await built.face.wait_for(lambda: True if door.mode == "held_closed" else None)

        await built.home.act("select.select_option", entity_id=contact, option="normally_open")
        built.face.door_event(DoorEvent.OPENED)
        await panel.get_by_text("door open").wait_for()
        built.face.door_event(DoorEvent.ALARM)
        await panel.get_by_role("button", name="Cancel alarm").wait_for()
        await in_order(page, "doors-alarm")
        await panel.get_by_role("button", name="Cancel alarm").click()
        await panel.get_by_role("button", name="Cancel alarm").wait_for(state="detached")


async def test_the_log_tells_of_a_terminal_that_is_away(built: House) -> None:  # noqa: F811 - the fixture
    await built.finger.stop()
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/log")
        # It is told of when it has lasted longer than terminals take to dial again.
        row = page.locator(PANEL).locator("timmy-absence")
        await row.get_by_text("No connection to Office since").wait_for(timeout=120_000)
        await row.get_by_text("What it records meanwhile comes when it is back.").wait_for()
        await in_order(page, "log-absent")


async def test_who_is_second_sees_what_the_first_has_changed(built: House) -> None:  # noqa: F811 - the fixture
    rules = [{"device_id": [await built.home.device("Front door")]}]
    told = await built.home.call(
        "timmy_access/panel/perform",
        data={"action": "set_access_group", "with": {"name": "Family", "rules": rules}},
    )
    group = told["group_id"]
    async with logged_in(built.home) as page:
        await page.set_viewport_size(PHONE)
        await page.goto(f"{built.home.url}/timmy-access/groups")
        panel = page.locator(PANEL)
        dialog = panel.locator("timmy-dialog")
        await panel.get_by_role("button", name="Edit").click()
        name = dialog.get_by_label("Name")
        await name.fill("Relatives")
        await built.perform("set_access_group", group_id=group, name="Household", rules=rules)
        await dialog.get_by_text("Somebody else has changed this meanwhile.").wait_for()
        await dialog.get_by_text("Name: Household").wait_for()
        assert await name.input_value() == "Relatives"
        await in_order(page, "meanwhile")
        await dialog.get_by_role("button", name="Save all the same").click()
        await panel.get_by_role("heading", name="Relatives").wait_for()

        # Where there are several listeners, every link stays with the one that is looked at.
        await built.home.set_up("timmy_access", {"port": free_port(), "host": LOOPBACK})
        await page.goto(f"{built.home.url}/timmy-access/doors")
        await panel.get_by_label("Listener").wait_for()
        links = panel.locator("nav a, timmy-doors section a")
        await panel.locator("timmy-doors section a").first.wait_for()
        for link in await links.all():
            assert "listener=" in str(await link.get_attribute("href"))
