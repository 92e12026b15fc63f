"""What the door contact, the housing and the alarm of a terminal last said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .moments import DoorKind

# What a door's contact showed is believed over a connection that was lost for no longer than this: the door may have
# moved meanwhile, and the record of that comes as history.
CONTACT_KNOWN = timedelta(seconds=120)
# What each door event tells of the contact; the others are about the relay or the housing.
_MOVES: Mapping[DoorKind, bool] = {DoorKind.CLOSED: False, DoorKind.FORCED_OPEN: True, DoorKind.OPENED: True}
# What each live door event latches. A terminal that starts anew is silent.
_LATCHES: Mapping[DoorKind, Callable[[Contacts], Contacts]] = {
    DoorKind.ALARM: lambda contacts: replace(contacts, alarm=True),
    DoorKind.BOOT: lambda contacts: contacts.cancelled(),
    DoorKind.TAMPER: lambda contacts: replace(contacts, tamper=True),
}


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """The contacts of a terminal, as its door events tell (specification A2, note; field notes 3, event).

    * `door`: whether the door is open; None until its contact has moved, and once it may have moved unseen.
    * `door_assumed`: whether that is only from before a restart, or from records of the past, and not of just now.
    * `door_moved_at`: when it moved last, as far as was told; older records tell nothing of how it is now.
    * `alarm`, `tamper`: latched. Terminals report an alarm, or a housing that was removed, and never its end: a door
      that closes says nothing about either. They end with `cancelled`, which the terminal was asked for, and when it
      has started anew.
    """

    alarm: bool = False
    door: bool | None = None
    door_assumed: bool = False
    door_moved_at: datetime | None = None
    tamper: bool = False

    def after(self, kind: DoorKind, occurred_at: datetime) -> Contacts:
        """Return the contacts after a door event of just now."""
        if (is_open := _MOVES.get(kind)) is not None:
            return replace(self, door=is_open, door_assumed=False, door_moved_at=occurred_at)
        latch = _LATCHES.get(kind)
        return self if latch is None else latch(self)

    def caught_up(self, kind: DoorKind, occurred_at: datetime) -> Contacts:
        """Return the contacts after a door event of the past, which tells how the door is where none came later.

        Records of a door that nothing is known of yet may be of any time: they tell nothing.
        """
        is_open = _MOVES.get(kind)
        if is_open is None or self.door_moved_at is None or occurred_at <= self.door_moved_at:
            return self
        return replace(self, door=is_open, door_assumed=True, door_moved_at=occurred_at)

    def restored(self, *, is_open: bool | None, moved_at: datetime) -> Contacts:
        """Return the contacts with a door as it was before a restart; what has been told since is better known."""
        if self.door_moved_at is not None:
            return self
        return replace(self, door=is_open, door_assumed=True, door_moved_at=moved_at)

    def door_forgotten(self) -> Contacts:
        """Return the contacts after a time in which the door may have moved unseen."""
        return replace(self, door=None, door_assumed=False)

    def cancelled(self) -> Contacts:
        """Return the contacts after the alarm has been cancelled."""
        return replace(self, alarm=False, tamper=False)
