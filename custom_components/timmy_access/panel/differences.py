"""Where terminals and the house say different things, and since when that is known."""

import asyncio
from collections.abc import Mapping
from functools import partial
from itertools import batched

from homeassistant.core import CALLBACK_TYPE
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..house.differences import Difference
from ..house.household import Household
from ..hub.agreements import async_agreement
from ..hub.noticed import Noticed
from ..services.difference_words import DifferenceWords
from ..unhurried import unhurried
from .feed import PanelFeed, Send
from .following import SLICE, Following
from .request import PanelRequest


async def _start(request: PanelRequest, send: Send) -> CALLBACK_TYPE:
    """Tell `{"differences": {mark: {...} | null}, "begins": bool, "more": bool}`: all at first, then what is another.

    `mark` is what `settle_difference` takes. `begins` tells that what was told before is over, `more` that the rest
    follows at once.
    """
    following = _Differences(request, send)
    following.async_start()
    return following.async_stop


class _Differences(Following):
    """What one browser knows of the differences."""

    _sent: Mapping[str, JsonObjectType] | None = None

    async def async_tell(self) -> None:
        hass, house = self._request.hass, self.hub.house
        before = self._sent or {}
        present: dict[str, JsonObjectType] = {}
        for serial, terminal in tuple(self.hub.terminals.items()):
            household = house.known()
            if serial in household.kept:
                found = tuple((await async_agreement(hass, house, terminal)).differences.values())
                work = partial(_told, household, self.hub.caretaker.noticed, found)
                present |= await hass.async_add_executor_job(work)
        changed: dict[str, JsonValueType] = {mark: said for mark, said in present.items() if before.get(mark) != said}
        changed.update(dict.fromkeys(before.keys() - present.keys()))
        begins, self._sent = self._sent is None, present
        slices = list(batched(changed.items(), SLICE, strict=False)) or ([()] if begins else [])
        for number, part in enumerate(slices):
            self._send({"differences": dict(part), "begins": begins and number == 0, "more": number + 1 < len(slices)})
            await asyncio.sleep(0)


def _told(household: Household, noticed: Noticed, differences: tuple[Difference, ...]) -> dict[str, JsonObjectType]:
    words = DifferenceWords(household)
    told: dict[str, JsonObjectType] = {}
    for difference in unhurried(differences):
        said, since = words.described(difference), noticed.since(difference)
        told[str(said["mark"])] = {
            **said,
            "serial": difference.serial,
            "since": None if since is None else dt_util.as_local(since).isoformat(),
        }
    return told


FEEDS = (PanelFeed(name="differences", start=_start),)
