"""What a writer looks at, and tells what has become of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from homeassistant.core import CALLBACK_TYPE

from .household import Household, Placement
from .wanted import Weeks


class Keeper(Protocol):
    """What holds the house."""

    @property
    def household(self) -> Household:
        """The house at this moment."""

    @property
    def is_known(self) -> bool:
        """Whether it is known at all."""

    def async_confirm(self, placement: Placement, *, quietly: bool = False) -> None:
        """Note how somebody stands on a terminal; quietly where that is no reason to compare anything again."""

    async def async_intend(self, serial: str, numbers: Mapping[int, str]) -> None:
        """Have it on the disk that it is not known how people, by enroll id, stand on a terminal.

        Raises `LedgerUnavailable`, and `HouseUnknown`.
        """

    def async_unplace(self, serial: str, enroll_id: int, *, quietly: bool = False) -> None:
        """Note that nobody stands under a number, quietly as `async_confirm`."""

    def async_bury(self, serial: str, enroll_id: int) -> None:
        """Note that a number is gone."""

    def async_take_zones(self, serial: str, zones: Iterable[int]) -> None:
        """Note which week zones belong to the house."""

    def async_subscribe(self, listener: Callable[[Household], None]) -> CALLBACK_TYPE:
        """Call `listener` with every other house."""


class Hours(Protocol):
    """What knows the hours of schedules."""

    @property
    def weeks(self) -> Weeks:
        """The hours by schedule."""

    def async_subscribe(self, listener: Callable[[], None]) -> CALLBACK_TYPE:
        """Call `listener` whenever some are others."""
