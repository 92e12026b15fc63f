"""A real browser that is logged in to a demo Home Assistant."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
import shutil

from playwright.async_api import Page, async_playwright

from .home import LOOPBACK, PASSWORD, USER, Home
from .home_socket import HomeError

WIDTH, HEIGHT = 1280, 800
# The first page compiles and paints a large application; on two slow cores it takes about 10 s.
PAGE_MILLISECONDS = 60_000
# A machine without a network behind it must not look for one, and a container has no sandbox of its own.
OPTIONS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@asynccontextmanager
async def logged_in(
    home: Home,
    *,
    dark: bool = False,
    locale: str = "en-US",
    options: Sequence[str] = (),
    user: tuple[str, str] = (USER, PASSWORD),
) -> AsyncGenerator[Page]:
    """Open Chromium with more options, log in with a name and a password as a person does, and yield the page."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise HomeError("no Chromium on the PATH; scripts/setup installs it where it can")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*OPTIONS, *options])
        try:
            context = await browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if dark else "light", locale=locale
            )
            page = await context.new_page()
            page.set_default_timeout(PAGE_MILLISECONDS)
            await page.goto(home.url)
            await page.locator("input[name=username]").fill(user[0])
            await page.locator("input[name=password]").fill(user[1])
            await page.locator("input[name=password]").press("Enter")
            await page.locator("home-assistant-main").wait_for()
            yield page
        finally:
            await browser.close()


async def see(page: Page, home: Home, path: str, text: str) -> None:
    """Go to a page of Home Assistant and wait for a text on it."""
    await page.goto(home.url + path)
    await page.get_by_text(text).first.wait_for()


async def add_by_hand(page: Page, home: Home, port: int) -> None:
    """Add the integration as a person does, until the dialog says so."""
    await see(page, home, "/config/integrations/dashboard", "Add integration")
    await page.get_by_role("button", name="Add integration").click()
    # The page has a search of its own, and is all there is until the dialog has been loaded.
    brands = page.locator("dialog-add-integration")
    await brands.get_by_placeholder("Search").fill("Timmy")
    await brands.get_by_text("Timmy Access").click()
    dialog = page.locator("dialog-data-entry-flow")
    await dialog.get_by_text("Listen for terminals").wait_for()
    await dialog.get_by_role("spinbutton").fill(str(port))
    await dialog.locator("ha-selector-select").click()
    await page.get_by_placeholder("Add custom item").fill(LOOPBACK)
    await page.get_by_text(f'"{LOOPBACK}"').click()
    await dialog.get_by_text(LOOPBACK, exact=True).wait_for()
    await dialog.get_by_role("button", name="Submit").click()
    await dialog.get_by_text("Success").wait_for()


async def approve_by_hand(page: Page, home: Home, name: str, look: Callable[[], Awaitable[None]] | None = None) -> None:
    """Approve the only waiting terminal as a person does, until the dialog says so; `look` at the filled form."""
    await see(page, home, "/config/integrations/integration/timmy_access", "Discovered")
    await page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.locator("dialog-data-entry-flow")
    await dialog.locator("input[name=name]").fill(name)
    if look is not None:
        await look()
    await dialog.get_by_role("button", name="Submit").click()
    approved, doors = dialog.get_by_text(f"{name} is approved"), dialog.get_by_text(f"Doors of {name}")
    await approved.or_(doors).first.wait_for()
    if await doors.is_visible():  # they keep their numbers
        await dialog.get_by_role("button", name="Submit").click()
    await approved.wait_for()
