"""Files that people find in Home Assistant's media browser."""

from dataclasses import dataclass
from pathlib import Path
import re

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


def media_file(hass: HomeAssistant, name: str, suffixes: tuple[str, ...]) -> MediaFile:
    """Return where a file of this name goes; one without a known suffix gets the first of `suffixes`.

    Raises a translated error for a name with folders in it.
    """
    if not _NAME.fullmatch(name):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="invalid_filename",
            translation_placeholders={"field": "filename"},
        )
    name = name if name.endswith(suffixes) else f"{name}{suffixes[0]}"
    source, folder = next(iter(hass.config.media_dirs.items()))
    return MediaFile(path=Path(folder) / name, media_content_id=f"media-source://media_source/{source}/{name}")


def not_written(file: MediaFile, error: OSError) -> HomeAssistantError:
    """Return the error for a file that could not be written."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="export_failed",
        translation_placeholders={"file": str(file.path), "error": error.strerror or str(error)},
    )
