"""Draws the pictures of the brand, in the sizes that Home Assistant shows, from docs/brand."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import shutil
import sys

from playwright.async_api import async_playwright

from .home import REPOSITORY

DRAWINGS = REPOSITORY / "docs" / "brand"
BRAND = REPOSITORY / "custom_components" / "timmy_access" / "brand"
# The sizes of Home Assistant's brands: icons have 256 pixels, and so have logos in height; @2x has twice that.
HEIGHT = 256
SCALES = {"": 1, "@2x": 2}


async def draw(drawings: Sequence[Path], folder: Path) -> None:
    """Write the pictures of drawings into a folder; raises RuntimeError without a Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise RuntimeError("no Chromium on the PATH; scripts/setup installs it where it can")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        for drawing in drawings:
            for suffix, scale in SCALES.items():
                style = f"<style>*{{margin:0}}svg{{display:block;height:{HEIGHT * scale}px}}</style>"
                await page.set_viewport_size({"width": HEIGHT * scale * 4, "height": HEIGHT * scale})
                await page.set_content(style + drawing.read_text())
                picture = folder / f"{drawing.stem}{suffix}.png"
                await page.locator("svg").screenshot(path=picture, omit_background=True)
                print(picture.name, flush=True)
        await browser.close()


def main() -> int:
    """Draw."""
    asyncio.run(draw(sorted(DRAWINGS.glob("*.svg")), BRAND))
    return 0


if __name__ == "__main__":
    sys.exit(main())
