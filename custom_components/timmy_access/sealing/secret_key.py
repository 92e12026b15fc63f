"""A key in Home Assistant's storage, and what is sealed with it: AES-256-GCM, bound to the place where it lies.

What is put in another place does not open. Whoever has both what is sealed and the storage can read everything.
"""

from collections.abc import Mapping
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeassistant.helpers.storage import Store

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
# What sealing adds.
SEALING_BYTES = _NONCE_BYTES + _TAG_BYTES

type KeyStore = Store[dict[str, Any]]


def seal(key: bytes, place: bytes, data: bytes) -> bytes:
    """Return data sealed for one place."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, place)


def unseal(key: bytes, place: bytes, box: bytes) -> bytes | None:
    """Return what was sealed for a place; None where it was sealed otherwise, or tampered with."""
    try:
        return AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], place)
    except InvalidTag, ValueError:
        return None


async def async_stored_key(store: KeyStore) -> bytes | None:
    """Return the key in a file of the storage; None where there is none."""
    return _key_in(await store.async_load())


async def async_new_key(store: KeyStore) -> bytes | None:
    """Return a key that nobody has, which is in the storage now; None where it could not be written.

    What is sealed with a key that was not written is sealed for nobody; and Home Assistant only logs that.
    """
    key = secrets.token_bytes(KEY_BYTES)
    await store.async_save({"key": key.hex()})
    return key if await async_stored_key(store) == key else None


def _key_in(stored: Mapping[str, Any] | None) -> bytes | None:
    try:
        key = bytes.fromhex((stored or {})["key"])
    except KeyError, TypeError, ValueError:
        return None
    return key if len(key) == KEY_BYTES else None
