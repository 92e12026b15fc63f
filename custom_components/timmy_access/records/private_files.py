"""Files for administrators, and for whoever was given an address that Home Assistant signed; and how files are written.

Not in the media folder, which every user of Home Assistant can read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
import errno
from http import HTTPStatus
import os
from pathlib import Path
import re
import tempfile
from typing import IO
from urllib.parse import quote

from aiohttp import web

from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized

from ..const import DOMAIN, LOGGER

# How long the address that an action answers works without logging in: a message is read within a day.
SIGNED_FOR = timedelta(days=1)
# What makes a signed address ours. Home Assistant signs whatever path it is told to have a media player play, in the
# name of the same user and for whom may use the player; it signs none that has something like this in it.
_OURS = f"{DOMAIN}=1"
# A name without folders, and not one that starts with a dot.
_NAME = re.compile(r"[\w][\w .-]{0,120}")
# File systems take 255 bytes; the rest is for a suffix. A name that only the disk refuses is refused too late.
_MAX_NAME_BYTES = 240
# Bytes of a file that are in memory at a time.
_PIECE = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class PrivateFolder:
    """A folder of the configuration; `what` is the last part of its name, `types` are the suffixes of what is in it."""

    what: str
    types: Mapping[str, str]

    @property
    def url(self) -> str:
        """Where its files are fetched."""
        return f"/api/{DOMAIN}/{self.what}"

    def path(self, hass: HomeAssistant, name: str) -> Path:
        """Return where a file of this name is; raises as `file_name`."""
        return Path(hass.config.path(f"{DOMAIN}_{self.what}")) / file_name(name, tuple(self.types))

    def address(self, hass: HomeAssistant, path: Path) -> str:
        """Return an address that gives a file to everybody who has it, for a day."""
        signed, _, query = signed_address(hass, f"{self.url}/{path.name}", SIGNED_FOR).partition("?")
        return f"{quote(signed)}?{query}"


class PrivateFileView(HomeAssistantView):
    """Gives the files of one folder to administrators, and to whom an address was given that Home Assistant signed."""

    def __init__(self, folder: PrivateFolder) -> None:
        """Give what is in a folder."""
        self.url = f"{folder.url}/{{name}}"
        self.name = f"api:{DOMAIN}:{folder.what}"
        self._folder = folder

    async def get(self, request: web.Request, name: str) -> web.StreamResponse:
        """Return the file; raises `Unauthorized` for other users."""
        hass = request.app[KEY_HASS]
        check_reader(request)
        try:
            path = self._folder.path(hass, name)
            file = await hass.async_add_executor_job(_open, path)
        except OSError, ServiceValidationError:
            return web.Response(status=HTTPStatus.NOT_FOUND)
        try:
            response = web.StreamResponse(
                headers={
                    "Cache-Control": "no-store",
                    "Content-Security-Policy": "sandbox",
                    "X-Content-Type-Options": "nosniff",
                }
            )
            response.content_type = self._folder.types[path.suffix]
            await response.prepare(request)
            while piece := await hass.async_add_executor_job(file.read, _PIECE):
                await response.write(piece)
        finally:
            await hass.async_add_executor_job(file.close)
        return response


def signed_address(hass: HomeAssistant, path: str, lifetime: timedelta) -> str:
    """Return an address that gives what is at a path to everybody who has it, for a while.

    It is signed by a user of the system's own, so that it is worth the same whoever has made an automation ask for it.
    """
    return async_sign_path(hass, f"{path}?{_OURS}", lifetime, use_content_user=True)


def check_reader(request: web.Request) -> None:
    """Raise `Unauthorized` for all but administrators and whoever has an address that was signed here."""
    user = request[KEY_HASS_USER]
    if not user.is_admin and not (user.system_generated and _OURS in request.query_string.split("&")):
        raise Unauthorized


def file_name(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the name of a file; one without a known suffix gets the first of `suffixes`.

    Raises a translated error for a name with folders in it.
    """
    if not _NAME.fullmatch(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_filename",
            translation_placeholders={"field": "filename"},
        )
    return name if name.endswith(suffixes) else f"{name}{suffixes[0]}"


def own(folder: Path) -> Path:
    """Return a folder of ours; raises `OSError` for a link in its place, behind which is somebody else's."""
    if folder.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder))
    return folder


def new_file(folder: Path) -> Path:
    """Make an empty file in a folder, with a name that nobody can foresee; only Home Assistant can read either.

    When it is complete it is moved to its place: so a link of that name is replaced, and not written through. Raises as
    `own`.
    """
    own(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    os.close(handle)
    return Path(name)


def not_written(path: Path, error: OSError) -> HomeAssistantError:
    """Return the error for a file that could not be written; the log says why, in the words of the system."""
    LOGGER.warning("%s cannot be written: %s", path, error)
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="export_failed",
        translation_placeholders={"file": str(path)},
    )


def _open(path: Path) -> IO[bytes]:
    """Open a file, which is none of somewhere else."""
    own(path.parent)
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb")
