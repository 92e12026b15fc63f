"""What becomes of the people of a listener that is removed: nobody could ever see or use them again."""

from collections.abc import Iterable
from copy import replace
from datetime import timedelta
from itertools import batched

from homeassistant.util import dt as dt_util

from ..ledger import HouseItem, Ledger

# Deleted at a time, so that whoever shares the database gets a turn in between.
STEP = 1000


async def async_forget_house(ledger: Ledger, house: str) -> None:
    """Delete everybody and everything of a house, and who changed what in it; raises `LedgerUnavailable`."""
    for step in batched(_gone(await ledger.house(house)), STEP, strict=False):
        await ledger.keep_house(house, step)
    # Also what was written while a clock was ahead.
    await ledger.purge_house_changes(house, dt_util.utcnow() + timedelta(days=36_500))


def _gone(items: Iterable[HouseItem]) -> Iterable[HouseItem]:
    return (replace(item, document=None, sealed=None) for item in items)
