"""Photos that terminals attach to a punch."""

import base64
import binascii
from dataclasses import dataclass, field

# Photos in the field have tens to hundreds of kB (field notes 1, frame sizes); the vendor's own server takes frames of
# 2,048,000 characters, which is about this much.
MAX_PHOTO_BYTES = 1_500_000
# Decoding this many characters takes a tenth of a millisecond; longer texts are not decoded in the event loop.
SMALL_TEXT = 64 * 1024

_CONTENT_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A picture, and what a browser calls its format."""

    content_type: str
    data: bytes = field(repr=False)


def decode_photo(text: str) -> Photo | None:
    """Return the picture in a base64 text; None for what is too large, or is neither a JPEG nor a PNG."""
    if len(text) > MAX_PHOTO_BYTES * 4 // 3:
        return None
    try:
        data = base64.b64decode(text)
    except binascii.Error, ValueError:
        return None
    return photo_of(data)


def photo_of(data: bytes) -> Photo | None:
    """Return the picture that bytes are; None for what is neither a JPEG nor a PNG."""
    for start, content_type in _CONTENT_TYPES.items():
        if data.startswith(start):
            return Photo(content_type=content_type, data=data)
    return None
