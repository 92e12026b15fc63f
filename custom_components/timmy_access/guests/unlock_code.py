"""The code that people need to open the doors of a terminal from Home Assistant.

It protects a door from whoever finds a tablet on the wall unlocked, or talks to a speaker. Locks ask everybody for it
and know Home Assistant's default code, so that automations need not carry it. The actions of this integration that
open a door, and the door mode, ask persons: a call without a user comes from what an administrator has written. A
script or scene that a person starts acts as that person. Locking never asks. Who may change the terminal's settings
may take the code away, so it is no protection from administrators.

Whoever guesses is locked out, and nobody else: wrong codes on a tablet must not keep out the owner, nor the automation
of a smoke alarm. What comes without a user is from an automation; its right code always opens, and its wrong ones are
told as those of persons are.

Only a salted hash is kept. Passes and the credentials at the terminal have nothing to do with it.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
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
# Wrong codes until a person is not listened to, and for how long: whoever tries all codes of four digits gets one a
# minute and needs a week, and whoever mistypes waits no longer than it takes to fetch somebody.
MAX_WRONG_CODES = 5
LOCKED_OUT_SECONDS = 300.0
# Cost of the hash: 16 MB and some 50 ms on a small computer, as its authors propose for logins.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 1
_SALT_BYTES = 16
# Stands for everybody who speaks to an assistant that does not know who; no id of a user looks like that.
_VOICES = "\0voices"
# Users that are remembered as guessing; Home Assistant has a few.
MAX_GUESSERS = 256


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


@dataclass(eq=False)
class _Guesser:
    """One user's wrong codes, and until when (monotonic) no more are listened to; `turn` is for one check at a time."""

    wrong: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_WRONG_CODES))
    locked_out_until: float = 0.0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class UnlockCode:
    """The code of one terminal, and who is locked out."""

    def __init__(
        self, hass: HomeAssistant, name: Callable[[], str], log: LogBudget, publish: Callable[[Moment], None]
    ) -> None:
        """Start without a code; `name` tells what the terminal is called, and `publish` that somebody is locked out."""
        self._hass = hass
        self._name = name
        self._log = log
        self._publish = publish
        self._kept: str | None = None
        self._guessers: OrderedDict[str | None, _Guesser] = OrderedDict()

    @callback
    def async_apply(self, kept: str | None) -> None:
        """Take what `hashed` returned; None for no code. A new code lets everybody try again."""
        if kept != self._kept:
            self._kept = kept
            self._guessers.clear()

    @property
    def is_set(self) -> bool:
        """Whether there is a code."""
        return self._kept is not None

    async def async_check(self, code: str | None, context: Context | None) -> None:
        """Return if this is the code or none is set; raises `CodeRequired`, `CodeWrong` and `CodeLockedOut`.

        While a user is locked out that holds for the right code too: otherwise trying would go on.
        """
        if self._kept is None:
            return
        if not code:
            raise CodeRequired
        user_id = None if context is None else context.user_id
        if user_id is not None:
            await self._async_guess(user_id, code)
        elif not await self._async_matches(code):
            self._note_wrong(self._guesser(None), locks_out=False)
            raise CodeWrong

    async def async_check_voice(self, code: str, context: Context) -> None:
        """Check a code that was said by whom Home Assistant does not know; raises as `async_check`.

        Whoever speaks is no automation: all unknown voices together are one person, who is locked out as others are.
        Whom it knows is checked where the door is opened, and so is everybody a second time.
        """
        if self._kept is not None and context.user_id is None:
            await self._async_guess(_VOICES, code)

    async def _async_guess(self, who: str, code: str) -> None:
        guesser = self._guesser(who)
        async with guesser.turn:  # one at a time, or a hundred guesses would all be tried before the first is counted
            if time.monotonic() < guesser.locked_out_until:
                raise CodeLockedOut
            if await self._async_matches(code):
                guesser.wrong.clear()
                return
            self._note_wrong(guesser, locks_out=True)
        raise CodeWrong

    async def async_check_person(self, code: str | None, context: Context | None) -> None:
        """Check as `async_check`, but let pass without a code what no person has asked for."""
        if code or (context is not None and context.user_id is not None):
            await self.async_check(code, context)

    async def _async_matches(self, code: str) -> bool:
        kept = self._kept
        return kept is None or await self._hass.async_add_executor_job(matches, code, kept)

    def _guesser(self, user_id: str | None) -> _Guesser:
        guesser = self._guessers.setdefault(user_id, _Guesser())
        self._guessers.move_to_end(user_id)
        if len(self._guessers) > MAX_GUESSERS:
            self._guessers.popitem(last=False)
        return guesser

    def _note_wrong(self, guesser: _Guesser, *, locks_out: bool) -> None:
        now = time.monotonic()
        guesser.wrong.append(now)
        if len(guesser.wrong) < MAX_WRONG_CODES or now - guesser.wrong[0] > LOCKED_OUT_SECONDS:
            return
        guesser.wrong.clear()
        if locks_out:
            guesser.locked_out_until = now + LOCKED_OUT_SECONDS
            consequence = f"listens to none of theirs for {LOCKED_OUT_SECONDS // 60:.0f} minutes"
        else:
            consequence = "goes on listening, as an automation gave them"
        self._log.log(
            logging.WARNING, "%s got %d wrong codes from one user, and %s", self._name(), MAX_WRONG_CODES, consequence
        )
        self._publish(
            CodeMoment(
                kind=CodeKind.BLOCKED,
                occurred_at=dt_util.utcnow(),
                reason=Refused.TOO_MANY_TRIES.value,
                source=CodeSource.UNLOCK_CODE,
            )
        )
