"""Pictures of passes as files. Whoever has one comes in, so only administrators can fetch them, and whoever they tell.

Not in the media folder, which every user of Home Assistant can read.
"""

from datetime import timedelta
from http import HTTPStatus
import os
from pathlib import Path
from typing import Final

from aiohttp import web

from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized

from ..const import DOMAIN
from ..records.media_files import file_name, new_file, not_written
from .sharing import Picture

FOLDER: Final = f"{DOMAIN}_passes"
SUFFIXES: Final = (".png", ".svg")
# How long the address that an action answers works without logging in: a message is read within a day.
SIGNED_FOR = timedelta(days=1)

_URL = f"/api/{DOMAIN}/passes"
_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}


async def async_write_picture(hass: HomeAssistant, picture: Picture, name: str) -> dict[str, str]:
    """Write the picture, and return where it is and an address to show it by; raises translated errors.

    A name that ends in `.svg` gets the drawing, any other the PNG.
    """
    name = file_name(name, SUFFIXES)
    path = Path(hass.config.path(FOLDER)) / name
    try:
        await hass.async_add_executor_job(_write, path, picture.svg if path.suffix == ".svg" else picture.png)
    except OSError as err:
        raise not_written(path, err) from err
    return {"file": str(path), "url": async_sign_path(hass, f"{_URL}/{name}", SIGNED_FOR)}


class PassPictureView(HomeAssistantView):
    """Shows the picture of a pass to administrators, and to whom an address was given that Home Assistant signed."""

    url = f"{_URL}/{{name}}"
    name = f"api:{DOMAIN}:passes"

    async def get(self, request: web.Request, name: str) -> web.Response:
        """Return the file; raises `Unauthorized` for other users."""
        hass = request.app[KEY_HASS]
        user = request[KEY_HASS_USER]
        # What an automation signs is signed by a user of the system's own, whose name nobody can sign in.
        if not user.is_admin and not user.system_generated:
            raise Unauthorized
        try:
            path = Path(hass.config.path(FOLDER)) / file_name(name, SUFFIXES)
            data = await hass.async_add_executor_job(_read, path)
        except OSError, ServiceValidationError:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=data, content_type=_TYPES[path.suffix], headers=headers)


def _write(path: Path, data: bytes) -> None:
    partial = new_file(path.parent)
    try:
        partial.write_bytes(data)
        path.parent.chmod(0o700)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    """Return a file, which is none of somewhere else."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()
