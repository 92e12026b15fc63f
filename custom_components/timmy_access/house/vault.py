"""What people identify themselves with, kept by Home Assistant so that only it can read it.

Each is sealed with AES-256-GCM, under a key that lies in Home Assistant's storage and not in the database, and bound to
its house, person, slot and algorithm: what is put in another place does not open. Whoever has both the database and the
storage can read everything.
"""

import asyncio
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
import hashlib
import hmac
import json

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..sealing.secret_key import KeyStore, async_new_key, async_stored_key, seal, unseal
from .arrivals import Contents
from .credentials import HouseCredential
from .errors import HouseInvalid, Problem

VERSION = 1
# Tells which key something is sealed with, and nothing else of it.
_NAME_BYTES = 8
# How what is sealed begins; another way of sealing gets another byte.
_FORMAT = b"\x01"
_HEAD_BYTES = len(_FORMAT) + _NAME_BYTES
# Sealing this much takes less time than a thread does.
LARGE_BYTES = 16 * 1024
_MARK_BYTES = 16


class VaultState(StrEnum):
    """Whether the vault can be used."""

    OFF = "off"
    OPEN = "open"
    KEY_GONE = "key_gone"


class Vault:
    """The key, and what is done with it. Nothing of it is ever shown."""

    def __init__(self, hass: HomeAssistant, house: str) -> None:
        """Belong to a house; closed until `async_open`."""
        self._store: KeyStore = Store(hass, VERSION, f"{DOMAIN}.{house}.vault", private=True, atomic_writes=True)
        self._house = house
        self._key: bytes | None = None
        self._listeners: list[Callable[[], None]] = []
        self.state = VaultState.OFF

    def __repr__(self) -> str:
        """Show the state alone."""
        return f"<Vault {self.state}>"

    @callback
    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever the vault has been opened, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def async_open(self, *, wanted: bool, held: Iterable[HouseCredential]) -> None:
        """Read the key, or make one where nothing has been sealed yet.

        A key that is gone, or another one than `held` was sealed with, is no error: `state` tells.
        """
        self._key = None
        if not wanted:
            self.state = VaultState.OFF
            return
        key = await async_stored_key(self._store)
        names = {credential.sealed[1:_HEAD_BYTES] for credential in held if credential.sealed is not None}
        if key is None and not names:
            key = await async_new_key(self._store)
        if key is None or (names and _name_of(key) not in names):
            self.state = VaultState.KEY_GONE
            return
        self._key, self.state = key, VaultState.OPEN
        for listener in tuple(self._listeners):
            listener()

    async def async_remove(self) -> None:
        """Forget the key for good: whatever was sealed with it stays sealed."""
        self._key, self.state = None, VaultState.OFF
        await self._store.async_remove()

    def mark(self, slot: int, contents: Contents) -> bytes:
        """Return what is equal for equal contents of a slot, and tells nothing else; raises `HouseInvalid`."""
        text = json.dumps([self._house, slot, contents]).encode()
        return hmac.digest(_derived(self._open_key(), b"mark"), text, "sha256")[:_MARK_BYTES]

    def seal(self, person_id: str, slot: int, algorithm: str | None, contents: Contents) -> bytes:
        """Return contents sealed for one place; raises `HouseInvalid` where the vault is not open."""
        key, place = self._open_key(), self._place(person_id, slot, algorithm)
        return b"".join((_FORMAT, _name_of(key), seal(key, place, json.dumps(contents).encode())))

    async def async_seal(self, person_id: str, slot: int, algorithm: str | None, contents: Contents) -> bytes:
        """Seal contents (`seal`), large ones in a thread."""
        size = len(contents) if isinstance(contents, str) else 0
        return await _apart(partial(self.seal, person_id, slot, algorithm, contents), size)

    async def async_unseal(self, credential: HouseCredential) -> Contents | None:
        """Return what a credential holds; None where the vault has not got it, is not open, or it was tampered with."""
        key, box = self._key, credential.sealed
        if key is None or box is None or box[:_HEAD_BYTES] != _FORMAT + _name_of(key):
            return None
        place = self._place(credential.person_id, credential.slot, credential.algorithm)

        def _unseal() -> Contents | None:
            text = unseal(key, place, box[_HEAD_BYTES:])
            try:
                contents: Contents | None = None if text is None else json.loads(text)
            except ValueError:
                return None
            return contents

        return await _apart(_unseal, len(box))

    def _open_key(self) -> bytes:
        if self._key is None:
            raise HouseInvalid("vault", Problem.VAULT_CLOSED)
        return self._key

    def _place(self, person_id: str, slot: int, algorithm: str | None) -> bytes:
        return json.dumps([self._house, person_id, slot, algorithm]).encode()


def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"timmy_access " + purpose, "sha256")


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(_derived(key, b"name")).digest()[:_NAME_BYTES]


async def _apart[T](work: Callable[[], T], size: int) -> T:
    """Do something small at once, and something large in a thread."""
    return await asyncio.to_thread(work) if size > LARGE_BYTES else work()
