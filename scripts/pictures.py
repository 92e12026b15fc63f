"""Takes the pictures of the documentation from the running demo, so that they show what there is."""

import asyncio
import json
from pathlib import Path
import re
import sys
from typing import Any

from simulator import Timing

from .browser import HEIGHT, WIDTH, approve_by_hand, logged_in, see
from .demo_house import CONTROLLER, House, house
from .demo_life import lived_in
from .home import REPOSITORY, Home, free_port
from .home_socket import HomeError
from .panel_pages import addresses, show

PICTURES = REPOSITORY / "docs" / "pictures"
# Which entities each picture of Home Assistant's pages shows and by which names, so that a test tells when one is not
# there any more, or is called otherwise.
SHOWN = "shown.json"
# What a unique id begins with: the serial number of a terminal, or the id of a listener.
_OWNER = re.compile(r"^[^_]+_")
# Animations of a page end within this time; only looking shows that they have.
SETTLE_MILLISECONDS = 1500
# Of the panel: whether dark, how wide and high, and which pages; all where none is named.
PANEL: tuple[tuple[bool, int, int, tuple[str, ...]], ...] = (
    (False, WIDTH, HEIGHT, ()),
    (True, WIDTH, HEIGHT, ("doors",)),
    (False, 390, 844, ("people", "guests")),
)


async def take(folder: Path) -> None:
    """Write all pictures into a folder."""
    async with (
        house(REPOSITORY / ".demo" / "pictures", free_port(), free_port(), Timing.fast()) as built,
        logged_in(built.home) as page,
    ):
        shown: dict[str, dict[str, str | None]] = {}

        async def picture(name: str, among: object = None) -> None:
            await page.wait_for_timeout(SETTLE_MILLISECONDS)
            await page.screenshot(path=folder / f"{name}.png")
            if among is not None:
                shown[name] = await entities(built.home, among)
            print(f"{name}.png", flush=True)

        await see(page, built.home, "/config/integrations/dashboard", CONTROLLER)
        await picture("discovered")
        await approve_by_hand(page, built.home, "Warehouse", lambda: picture("approve"))
        await built.controller.wait_registered()
        await furnish(built)
        await see(page, built.home, "/security", "Warehouse")
        await picture("security", [it for it in await built.home.states() if it.startswith("lock.")])
        device = await built.home.device("Front door")
        await see(page, built.home, f"/config/devices/device/{device}", "Controls")
        await picture("terminal", device)
        path = await built.make_dashboard()
        await see(page, built.home, path, "Door 4")
        await picture("dashboard", await built.home.call("lovelace/config", url_path=path.strip("/")))
        (folder / SHOWN).write_text(json.dumps(shown, indent=2, sort_keys=True) + "\n")


async def entities(home: Home, among: Any) -> dict[str, str | None]:
    """Return what our entities are that a device has, or that a dashboard or a list names: names by `platform.key`.

    A lock has no name beside that of its door.
    """
    found = {}
    for entity in await home.call("config/entity_registry/list"):
        is_named = entity["device_id"] == among or f"'{entity['entity_id']}'" in str(among)
        if entity["platform"] == "timmy_access" and is_named and entity["disabled_by"] is None:
            platform = entity["entity_id"].partition(".")[0]
            found[f"{platform}.{_OWNER.sub('', entity['unique_id'])}"] = entity["original_name"]
    return found


async def furnish(built: House) -> None:
    """Let the doors lie in areas, and people come in."""
    area = await built.home.call("config/area_registry/create", name="Warehouse")
    device = await built.home.device("Warehouse")
    await built.home.call("config/device_registry/update", device_id=device, area_id=area["area_id"])
    for enroll_id, terminal in ((1, built.face), (2, built.finger), (3, built.face)):
        terminal.punch(enroll_id)
        await terminal.wait_sent()


async def take_panel(folder: Path) -> None:
    """Write the pictures of the panel into a folder: each page on a desk, and some on a phone and in the dark."""
    async with lived_in(REPOSITORY / ".demo" / "pictures", free_port(), free_port(), Timing.fast()) as built:
        pages = await addresses(built)
        for dark, width, height, names in PANEL:
            async with logged_in(built.home, dark=dark) as page:
                await page.set_viewport_size({"width": width, "height": height})
                await see(page, built.home, "/timmy-access/doors", "Front door")
                for name in names or tuple(pages):
                    await show(page, pages[name])
                    await page.wait_for_timeout(SETTLE_MILLISECONDS)
                    kind = "dark" if dark else "phone" if width < WIDTH else ""
                    file = "-".join(filter(None, ("panel", name, kind))) + ".png"
                    await page.screenshot(path=folder / file)
                    print(file, flush=True)


def main() -> int:
    """Take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    try:
        if "--panel" not in sys.argv[1:]:
            asyncio.run(take(PICTURES))
        asyncio.run(take_panel(PICTURES))
    except (HomeError, TimeoutError) as err:
        print(f"FAILED: {err}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
