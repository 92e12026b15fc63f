"""A virtual access terminal which behaves as real firmware does.

It shares no code with the integration, so that a mistake there is not mirrored here. The numbers in the documentation
strings refer to the printed protocol specification (A1 to B38) and to the field notes about real terminals.
"""

from .access import Reason, Verdict
from .doors import Door, DoorEvent
from .faults import Faults
from .features import FEATURES
from .flash import StateFileError
from .interruption import Interruption
from .journal import Command
from .lost_writes import LostWrites
from .photo import PUNCH_PHOTO
from .profiles import PROFILES, Profile
from .terminal import VirtualTerminal
from .timing import Timing
from .users import User, UserLock

__all__ = [
    "FEATURES",
    "PROFILES",
    "PUNCH_PHOTO",
    "Command",
    "Door",
    "DoorEvent",
    "Faults",
    "Interruption",
    "LostWrites",
    "Profile",
    "Reason",
    "StateFileError",
    "Timing",
    "User",
    "UserLock",
    "Verdict",
    "VirtualTerminal",
]
