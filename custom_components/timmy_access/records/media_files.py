"""Files that people find in Home Assistant's media browser, and how files are written."""

from dataclasses import dataclass
import os
from pathlib import Path
import re
import tempfile

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN

# A name without folders, and not one that starts with a dot.
_NAME = re.compile(r"[\w][\w .-]{0,120}")


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """A file in the media folder, and how the media browser calls it."""

    path: Path
    media_content_id: str


def file_name(name: str, suffixes: tuple[str, ...]) -> str:
    """Return the name of a file; one without a known suffix gets the first of `suffixes`.

    Raises a translated error for a name with folders in it.
    """
    if not _NAME.fullmatch(name):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_filename",
            translation_placeholders={"field": "filename"},
        )
    return name if name.endswith(suffixes) else f"{name}{suffixes[0]}"


def new_file(folder: Path) -> Path:
    """Make an empty file in a folder, with a name that nobody can foresee, which only Home Assistant can read.

    When it is complete it is moved to its place: so a link of that name is replaced, and not written through.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
    os.close(handle)
    return Path(name)


def media_file(hass: HomeAssistant, name: str, suffixes: tuple[str, ...]) -> MediaFile:
    """Return where a file of this name goes; one without a known suffix gets the first of `suffixes`.

    Raises a translated error for a name with folders in it.
    """
    name = file_name(name, suffixes)
    source, folder = next(iter(hass.config.media_dirs.items()))
    return MediaFile(path=Path(folder) / name, media_content_id=f"media-source://media_source/{source}/{name}")


def not_written(path: Path, error: OSError) -> HomeAssistantError:
    """Return the error for a file that could not be written."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="export_failed",
        translation_placeholders={"file": str(path), "error": error.strerror or str(error)},
    )
