"""The code that people need to open the doors of a terminal from Home Assistant.

It protects a door from whoever finds a tablet on the wall unlocked, or talks to a speaker. Locks ask everybody for it
and know Home Assistant's default code, so that automations need not carry it. The actions of this integration that
open a door, and the door mode, ask persons: a call without a user comes from what an administrator has written. A
script or scene that a person starts acts as that person. Locking never asks. Who may change the terminal's settings
may take the code away, so it is no protection from administrators.

Only a salted hash is kept. Passes and the credentials at the terminal have nothing to do with it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
import hashlib
import hmac
import logging
import re
import secrets
import time

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..errors import CodeLockedOut, CodeRequired, CodeWrong
from ..protocol.log_budget import LogBudget
from ..terminal.moments import CodeKind, CodeMoment, CodeSource, Moment
from .passes import Refused

# What a keypad offers, and what people remember. An empty text fits too: Home Assistant checks the format also when
# somebody locks, which needs no code.
CODE_FORMAT = r"^(\d{4,10})?$"
_CODE = re.compile(r"\d{4,10}", re.ASCII)
# Wrong codes until nobody is listened to, and for how long: whoever tries all codes of four digits gets one a minute
# and needs a week, and whoever mistypes waits no longer than it takes to fetch somebody.
MAX_WRONG_CODES = 5
LOCKED_OUT_SECONDS = 300.0
# Cost of the hash: 16 MB and some 50 ms on a small computer, as its authors propose for logins.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
_SALT_BYTES = 16


def is_code(text: str) -> bool:
    """Return whether a text may be a code."""
    return _CODE.fullmatch(text) is not None


def hashed(code: str, salt: bytes | None = None) -> str:
    """Return what is kept of a code; takes long, so not for the event loop."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.scrypt(code.encode(), salt=salt, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return f"{salt.hex()}${digest.hex()}"


def matches(code: str, kept: str) -> bool:
    """Return whether this is the code; takes long, so not for the event loop."""
    return hmac.compare_digest(hashed(code, bytes.fromhex(kept.partition("$")[0])), kept)


class UnlockCode:
    """The code of one terminal, and who is locked out."""

    def __init__(
        self, hass: HomeAssistant, name: Callable[[], str], log: LogBudget, publish: Callable[[Moment], None]
    ) -> None:
        """Start without a code; `name` tells what the terminal is called, and `publish` that all are locked out."""
        self._hass = hass
        self._name = name
        self._log = log
        self._publish = publish
        self._kept: str | None = None
        self._turn = asyncio.Lock()
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG_CODES)
        self._locked_out_until = 0.0

    @callback
    def async_apply(self, kept: str | None) -> None:
        """Take what `hashed` returned; None for no code. A new code lets everybody try again."""
        if kept != self._kept:
            self._kept = kept
            self._wrong.clear()
            self._locked_out_until = 0.0

    @property
    def is_set(self) -> bool:
        """Whether there is a code."""
        return self._kept is not None

    async def async_check(self, code: str | None) -> None:
        """Return if this is the code or none is set; raises `CodeRequired`, `CodeWrong` and `CodeLockedOut`.

        While somebody is locked out everybody is, also with the right code: otherwise trying would go on.
        """
        if self._kept is None:
            return
        if not code:
            raise CodeRequired
        async with self._turn:  # one at a time, or a hundred guesses would all be tried before the first is counted
            kept = self._kept
            if time.monotonic() < self._locked_out_until:
                raise CodeLockedOut
            if kept is None or await self._hass.async_add_executor_job(matches, code, kept):
                self._wrong.clear()
                return
            self._note_wrong()
        raise CodeWrong

    async def async_check_person(self, code: str | None, context: Context | None) -> None:
        """Check as `async_check`, but let pass without a code what no person has asked for."""
        if code or (context is not None and context.user_id is not None):
            await self.async_check(code)

    def _note_wrong(self) -> None:
        now = time.monotonic()
        self._wrong.append(now)
        if len(self._wrong) == MAX_WRONG_CODES and now - self._wrong[0] <= LOCKED_OUT_SECONDS:
            self._locked_out_until = now + LOCKED_OUT_SECONDS
            self._wrong.clear()
            self._log.log(
                logging.WARNING,
                "%s takes no codes from Home Assistant for %d minutes after %d wrong ones",
                self._name(),
                LOCKED_OUT_SECONDS // 60,
                MAX_WRONG_CODES,
            )
            self._publish(
                CodeMoment(
                    kind=CodeKind.BLOCKED,
                    occurred_at=dt_util.utcnow(),
                    reason=Refused.TOO_MANY_TRIES.value,
                    source=CodeSource.UNLOCK_CODE,
                )
            )
