"""Photos of faces, from wherever Home Assistant has them, as terminals take them."""

import base64
import binascii
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from homeassistant.components import media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN

# What is read at all: a phone's photo, scaled down by the phone, has less. Beyond it the file is not looked at.
MAX_SOURCE_BYTES = 4 * 1024 * 1024
# Pixels that are decoded: a photo of 24 megapixels, and no picture that blows up in memory.
MAX_SOURCE_PIXELS = 24_000_000
# Terminals take JPEG of 240x320 to 800x1280 with less than 150 kB, best 480x640 (field notes 5, setuserinfo).
BOX = (480, 640)
MAX_BYTES = 150_000
QUALITIES = (90, 80, 70, 60, 45, 30)


async def async_photo_from_text(hass: HomeAssistant, text: str) -> str:
    """Return a picture that came as base64, as base64 for a terminal.

    Raises `ServiceValidationError` naming the field `photo`.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error, ValueError:
        raise _invalid("photo", "photo_not_a_picture") from None
    return await _async_for_terminal(hass, "photo", content)


async def async_photo_from_file(hass: HomeAssistant, path: str) -> str:
    """Return the photo of a file that Home Assistant may read, as base64 for a terminal.

    Raises `ServiceValidationError` naming the field `photo_file`.
    """
    if not hass.config.is_allowed_path(path):
        raise _invalid("photo_file", "path_not_allowed", path=path)
    return await _async_for_terminal(hass, "photo_file", await hass.async_add_executor_job(_read, path))


async def async_photo_from_media(hass: HomeAssistant, media_content_id: str) -> str:
    """Return the photo of a local file in Home Assistant's media, as base64 for a terminal.

    Raises `ServiceValidationError` naming the field `photo_media`.
    """
    try:
        media = await media_source.async_resolve_media(hass, media_content_id, None)
    except HomeAssistantError, ValueError, AssertionError:  # it asserts that it knows the type of a file
        raise _invalid("photo_media", "photo_not_found") from None
    if media.path is None:
        raise _invalid("photo_media", "photo_not_local")
    return await _async_for_terminal(hass, "photo_media", await hass.async_add_executor_job(_read, str(media.path)))


async def async_photo_from_entity(hass: HomeAssistant, entity_id: str) -> str:
    """Return what a camera or an image entity shows now, as base64 for a terminal.

    Raises `ServiceValidationError` naming the field `photo_entity`.
    """
    if hass.states.get(entity_id) is None:
        raise _invalid("photo_entity", "photo_not_found")
    # With an entity of theirs these are loaded already; without one they would bring numpy and more for nothing.
    from homeassistant.components import camera, image  # noqa: PLC0415

    source = image if entity_id.startswith("image.") else camera
    try:
        content = (await source.async_get_image(hass, entity_id)).content
    except HomeAssistantError:
        raise _invalid("photo_entity", "photo_not_found") from None
    return await _async_for_terminal(hass, "photo_entity", content)


def for_terminal(content: bytes) -> bytes:
    """Return a picture as a JPEG of at most 480x640 and 150 kB; upright, and without what cameras write into it.

    Raises `ValueError` when the content is no picture of a sensible size. Blocking: the work of a moment.
    """
    try:
        upright = _upright(content)
    except Exception as err:  # each format has a decoder that raises what it likes
        raise ValueError("no picture") from err
    upright.thumbnail(BOX)
    for quality in QUALITIES:
        written = BytesIO()
        upright.save(written, "JPEG", quality=quality)
        if written.tell() < MAX_BYTES:
            break
    return written.getvalue()


def _upright(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as opened:
        if opened.width * opened.height > MAX_SOURCE_PIXELS:
            raise ValueError("too many pixels")
        opened.draft("RGB", BOX)
        return ImageOps.exif_transpose(opened).convert("RGB")


async def _async_for_terminal(hass: HomeAssistant, field: str, content: bytes | None) -> str:
    if content is None:
        raise _invalid(field, "photo_not_found")
    if len(content) > MAX_SOURCE_BYTES:
        raise _invalid(field, "photo_too_large", limit=str(MAX_SOURCE_BYTES // 1024 // 1024))
    try:
        photo = await hass.async_add_executor_job(for_terminal, content)
    except ValueError:
        raise _invalid(field, "photo_not_a_picture") from None
    return base64.b64encode(photo).decode()


def _read(path: str) -> bytes | None:
    """Return a file's content, one byte more than allowed when it is too large; None when there is none."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_SOURCE_BYTES + 1)
    except OSError:
        return None


def _invalid(field: str, key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={"field": field, **placeholders},
    )
