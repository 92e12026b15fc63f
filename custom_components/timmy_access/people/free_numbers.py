"""Numbers that nobody has, nor had in what the log remembers: whoever got one would take over what was recorded."""

from collections.abc import Callable, Collection

from ..ledger import Ledger

# Numbers that are looked up in the log at a time: more than a house deletes people between two who are added.
LOOKED_AT = 100


async def async_free_number(logs: Collection[tuple[Ledger, str]], candidate: Callable[[Collection[int]], int]) -> int:
    """Return a number of which the log of no terminal knows anything, nor of those that follow it where any are free.

    `logs` are the ledger and the serial number of each. `candidate` gives the lowest that is free at present and above
    some that are spoken for. A log that cannot be read does not say that a number is free; raises `LedgerUnavailable`.
    """
    taken: frozenset[int] = frozenset()
    while True:
        first = candidate(taken)
        known = await async_known_numbers(logs, range(first, first + LOOKED_AT))
        if not known <= taken:
            taken |= known
        elif candidate(taken) == first:  # nobody has got it while the log was asked
            return first


async def async_known_numbers(logs: Collection[tuple[Ledger, str]], numbers: Collection[int]) -> frozenset[int]:
    """Return which numbers the log of any terminal knows; raises `LedgerUnavailable`."""
    return frozenset([number for ledger, serial in logs for number in await ledger.spoken_for(serial, numbers)])
