"""What the door contact, the housing and the alarm of a terminal last said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from .moments import DoorKind

# What a door's contact showed is believed over a connection that was lost for no longer than this: the door may have
# moved meanwhile, and the record of that comes as history.
CONTACT_KNOWN = timedelta(seconds=120)
# What each live door event changes; the others are about the relay. A terminal that starts anew is silent.
_CHANGES: Mapping[DoorKind, Mapping[str, bool]] = {
    DoorKind.ALARM: {"alarm": True},
    DoorKind.BOOT: {"alarm": False, "tamper": False},
    DoorKind.CLOSED: {"door": False},
    DoorKind.FORCED_OPEN: {"door": True},
    DoorKind.OPENED: {"door": True},
    DoorKind.TAMPER: {"tamper": True},
}


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """The contacts of a terminal, as its live door events tell (specification A2, note; field notes 3, event).

    * `door`: whether the door is open; None until its contact has moved.
    * `alarm`, `tamper`: latched. Terminals report an alarm, or a housing that was removed, and never its end: a door
      that closes says nothing about either. They end with `cancelled`, which the terminal was asked for, and when it
      has started anew.
    """

    alarm: bool = False
    door: bool | None = None
    tamper: bool = False

    def after(self, kind: DoorKind) -> Contacts:
        """Return the contacts after a door event."""
        return replace(self, **_CHANGES.get(kind, {}))

    def cancelled(self) -> Contacts:
        """Return the contacts after the alarm has been cancelled."""
        return replace(self, alarm=False, tamper=False)
