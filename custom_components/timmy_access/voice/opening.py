"""Opening a door that was named to Assist.

Whatever is not certain is asked, and opens nothing: a name that two doors have, digits that were not understood.
Rights, the code and a door that is away are the lock's own, which is asked as by everybody. Two things are stricter
here: nobody is there in person by voice, so that in a lockdown no door opens at all; and where Home Assistant does not
know who speaks, all voices together are one person that guesses codes.
"""

from collections.abc import Iterable

from homeassistant.components.lock import DOMAIN as LOCK_DOMAIN
from homeassistant.const import ATTR_CODE, ATTR_ENTITY_ID, STATE_UNAVAILABLE
from homeassistant.exceptions import HomeAssistantError

from ..errors import translated_errors
from ..ledger import likeness
from ..protocol.errors import TerminalBusy
from ..protocol.exchange import DOOR_WRITE_SECONDS
from ..terminal.state import Emergency
from .exposed import ExposedDoor, async_doors
from .sentences import Ask, sayable
from .speech import Speech

SERVICE_OPEN = "open"
CODE_REQUIRED = "code_required"


async def async_open(speech: Speech, assistant: str) -> str:
    """Open the door that a sentence names, and return what to say of it."""
    doors = tuple(async_doors(speech.hass, assistant))
    meant, codes = _meant(speech, doors)
    if len(meant) != 1:
        return await _async_ask(speech, meant)
    (door,) = meant
    name = door.names[0]
    if (refusal := _refusal(speech, door)) is not None:
        return await speech.async_answer(refusal, door=name)
    digits = {code for said in codes if (code := speech.phrasebook.code(said)) is not None}
    if codes and len(digits) != 1:
        return await speech.async_answer("no_digits")
    try:
        await _async_open(speech, door, next(iter(digits), None))
    except HomeAssistantError as err:
        if err.translation_key == CODE_REQUIRED:
            return await speech.async_answer("needs_code", door=name)
        return await speech.async_error(err, await speech.async_answer("not_opened", door=name))
    return await speech.async_answer("opened", door=name)


def _refusal(speech: Speech, door: ExposedDoor) -> str | None:
    """Return why a door is not even asked to open; Home Assistant would pass over one that is away without a word."""
    if door.terminal.coordinator.data.doors[door.door].emergency is Emergency.LOCKDOWN:
        return "locked_down"
    state = speech.hass.states.get(door.entity_id)
    return "offline" if state is None or state.state == STATE_UNAVAILABLE else None


async def _async_open(speech: Speech, door: ExposedDoor, code: str | None) -> None:
    asked_at = speech.hass.loop.time()
    if code is not None:
        with translated_errors(door.terminal.name):
            await door.terminal.unlock_code.async_check_voice(code, speech.context)
            # The lock's own time begins when it is called: a code that took long to check opens nothing late.
            if speech.hass.loop.time() - asked_at > DOOR_WRITE_SECONDS:
                raise TerminalBusy
    given = {} if code is None else {ATTR_CODE: code}
    await speech.hass.services.async_call(
        LOCK_DOMAIN,
        SERVICE_OPEN,
        {ATTR_ENTITY_ID: door.entity_id, **given},
        blocking=True,
        context=speech.context,
    )


def _meant(speech: Speech, doors: Iterable[ExposedDoor]) -> tuple[list[ExposedDoor], set[str]]:
    """Return which doors a sentence may be about, and what may be the code that was said with it."""
    by_name: dict[str, list[ExposedDoor]] = {}
    for door in doors:
        for name in {likeness(sayable(name)) for name in door.names}:
            by_name.setdefault(name, []).append(door)
    found = [
        one
        for ask in (Ask.OPEN, Ask.UNLOCK, Ask.OPEN_WITH_CODE)
        for one in speech.phrasebook.meant(ask, speech.text, by_name)
    ]
    meant = {door.entity_id: door for name, _ in found for door in by_name[name]}
    return list(meant.values()), {code for _, code in found if code is not None}


async def _async_ask(speech: Speech, meant: Iterable[ExposedDoor]) -> str:
    names = sorted({door.names[0] for door in meant})
    if not names:
        return await speech.async_answer("no_door")
    if len(names) == 1:
        return await speech.async_answer("several_doors", name=names[0])
    return await speech.async_answer("which", names=", ".join(names))
