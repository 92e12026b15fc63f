"""The key that photos of accesses are sealed with, and what is done with it.

It lies in Home Assistant's storage and not beside the photos. What a photo is called is made with the key too: without
it nobody can tell whose a photo is, or at which door it was taken.
"""

from dataclasses import dataclass, field
import hashlib
import hmac
import json

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..sealing import secret_key
from ..sealing.secret_key import KeyStore, async_new_key, async_stored_key

VERSION = 1
# Tells which key something is sealed with, and nothing else of it.
_NAME_DIGITS = 16
# Enough that two photos never have the same.
_MARK_DIGITS = 32
# How what is sealed begins; another way of sealing gets another byte.
_FORMAT = b"\x01"
# What sealing adds to a photo.
SEALING_BYTES = len(_FORMAT) + secret_key.SEALING_BYTES


@dataclass(frozen=True)
class PhotoKey:
    """A key; nothing of it is ever shown."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """What tells it from others, and nothing of it."""
        return self.mark("name")[:_NAME_DIGITS]

    def mark(self, purpose: str, *parts: str | int | None) -> str:
        """Return what is equal for equal parts, and tells nothing of them to who has not got the key."""
        return hmac.new(self.secret, json.dumps([purpose, *parts]).encode(), hashlib.sha256).hexdigest()[:_MARK_DIGITS]

    def seal(self, place: str, data: bytes) -> bytes:
        """Return data sealed for one place: put in another it does not open."""
        return _FORMAT + secret_key.seal(self.secret, place.encode(), data)

    def unseal(self, place: str, box: bytes) -> bytes | None:
        """Return what was sealed for a place; None where it was sealed otherwise, or tampered with."""
        if not box.startswith(_FORMAT):
            return None
        return secret_key.unseal(self.secret, place.encode(), box[len(_FORMAT) :])


def _store(hass: HomeAssistant, house: str) -> KeyStore:
    return Store(hass, VERSION, f"{DOMAIN}.{house}.photos", private=True, atomic_writes=True)


async def async_photo_key(hass: HomeAssistant, house: str) -> PhotoKey | None:
    """Return the key of a listener, a new one where there is none; None where it could not be written.

    Raises `HomeAssistantError` or `OSError` where the storage cannot be read.
    """
    store = _store(hass, house)
    secret = await async_stored_key(store) or await async_new_key(store)
    return None if secret is None else PhotoKey(secret)


async def async_remove_photo_key(hass: HomeAssistant, house: str) -> None:
    """Forget the key for good: whatever was sealed with it stays sealed."""
    await _store(hass, house).async_remove()
