"""A switch in a dialog, which takes no for no."""

from typing import Any, override

from homeassistant.helpers.selector import BooleanSelector

from ..fields import yes_or_no


class Switch(BooleanSelector):
    """A choice of yes or no.

    Home Assistant's own takes every text for yes, "false" and "off" too, where a script sends one: a switch here lets a
    door be held open, takes away its code, or keeps what is secret.
    """

    @override
    def __call__(self, data: Any) -> bool:
        """Return what was chosen; raises `vol.Invalid` for what is neither."""
        return yes_or_no(data)
