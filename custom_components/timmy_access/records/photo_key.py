"""The key that photos of accesses are sealed with, and what is done with it.

AES-256-GCM, as the vault of the house; the key lies in Home Assistant's storage and not beside the photos. What a photo
is called is made with the key too: without it nobody can tell whose a photo is, or at which door it was taken.
"""

from dataclasses import dataclass, field
import hashlib
import hmac
import json
import secrets
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

VERSION = 1
_KEY_BYTES = 32
_NONCE_BYTES = 12
# Tells which key something is sealed with, and nothing else of it.
_NAME_DIGITS = 16
# Enough that two photos never have the same.
_MARK_DIGITS = 32
# How what is sealed begins; another way of sealing gets another byte.
_FORMAT = b"\x01"
_TAG_BYTES = 16
# What sealing adds to a photo.
SEALING_BYTES = len(_FORMAT) + _NONCE_BYTES + _TAG_BYTES


@dataclass(frozen=True)
class PhotoKey:
    """A key; nothing of it is ever shown."""

    secret: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a key that nobody has."""
        return cls(secrets.token_bytes(_KEY_BYTES))

    @property
    def name(self) -> str:
        """What tells it from others, and nothing of it."""
        return self.mark("name")[:_NAME_DIGITS]

    def mark(self, purpose: str, *parts: str | int | None) -> str:
        """Return what is equal for equal parts, and tells nothing of them to who has not got the key."""
        return hmac.new(self.secret, json.dumps([purpose, *parts]).encode(), hashlib.sha256).hexdigest()[:_MARK_DIGITS]

    def seal(self, place: str, data: bytes) -> bytes:
        """Return data sealed for one place: put in another it does not open."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b"".join((_FORMAT, nonce, AESGCM(self.secret).encrypt(nonce, data, place.encode())))

    def unseal(self, place: str, box: bytes) -> bytes | None:
        """Return what was sealed for a place; None where it was sealed otherwise, or tampered with."""
        nonce, text = box[len(_FORMAT) : len(_FORMAT) + _NONCE_BYTES], box[len(_FORMAT) + _NONCE_BYTES :]
        if not box.startswith(_FORMAT):
            return None
        try:
            return AESGCM(self.secret).decrypt(nonce, text, place.encode())
        except InvalidTag, ValueError:
            return None


def _store(hass: HomeAssistant, house: str) -> Store[dict[str, Any]]:
    return Store(hass, VERSION, f"{DOMAIN}.{house}.photos", private=True, atomic_writes=True)


async def async_photo_key(hass: HomeAssistant, house: str) -> PhotoKey | None:
    """Return the key of a listener, a new one where there is none; None where it could not be written.

    Raises `HomeAssistantError` or `OSError` where the storage cannot be read.
    """
    store = _store(hass, house)
    if (key := _key_in(await store.async_load())) is not None:
        return key
    key = PhotoKey.new()
    await store.async_save({"key": key.secret.hex()})
    # What was not written would be sealed for nobody; Home Assistant only logs it.
    return key if _key_in(await _store(hass, house).async_load()) == key else None


async def async_remove_photo_key(hass: HomeAssistant, house: str) -> None:
    """Forget the key for good: whatever was sealed with it stays sealed."""
    await _store(hass, house).async_remove()


def _key_in(stored: dict[str, Any] | None) -> PhotoKey | None:
    try:
        secret = bytes.fromhex((stored or {})["key"])
    except KeyError, TypeError, ValueError:
        return None
    return PhotoKey(secret) if len(secret) == _KEY_BYTES else None
