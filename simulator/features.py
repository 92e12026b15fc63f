"""What some firmware is without."""

from collections.abc import Mapping
from typing import Final

FEATURES: Final[Mapping[str, frozenset[str]]] = {
    "dates": frozenset(),
    "week_zones": frozenset(),
    "names": frozenset({"getusername", "setusername"}),
    "user_locks": frozenset({"getuserlock", "setuserlock", "deleteuserlock", "cleanuserlock"}),
    "contact_type": frozenset(),
}
"""What may be missing, each with the commands which are unknown then.

`dates`: when somebody may enter from and until is neither stored nor told nor obeyed. `week_zones`: neither are hours.
`names`: names come only with a credential. `user_locks`: no command about a person's access at all. `contact_type`: the
kind of the door's contact is no setting.
"""

_SETTINGS: Final[Mapping[str, frozenset[str]]] = {
    "contact_type": frozenset({"doorsensor"}),
    "week_zones": frozenset({"dayzone", "weekzone"}),
}
DATES: Final = frozenset({"starttime", "endtime"})
ZONES: Final = frozenset({"weekzone", "weekzone2", "weekzone3", "weekzone4", "zoneid"})
"""Keys of a person's access."""


def unknown_keys(lacks: frozenset[str]) -> frozenset[str]:
    """Return the keys of a person's access which firmware without all this does not know."""
    return (DATES if "dates" in lacks else frozenset()) | (ZONES if "week_zones" in lacks else frozenset())


def unknown_settings(lacks: frozenset[str]) -> frozenset[str]:
    """Return the keys of `setdevlock` which firmware without all this does not know."""
    return frozenset().union(*(_SETTINGS.get(name, frozenset()) for name in lacks))


def unknown_commands(lacks: frozenset[str]) -> frozenset[str]:
    """Return the commands which firmware without all this does not know."""
    return frozenset().union(*(FEATURES[name] for name in lacks))
