"""What can be seen of a terminal from outside."""

from datetime import timedelta
from typing import Any

from .doors import Door
from .journal import Commands, Journal
from .machine import Machine
from .session import Session
from .users import User
from .wire import Frame


class View:
    """The terminal as it stands there, with what its screen and its memory hold."""

    machine: Machine
    _journal: Journal
    _session: Session | None

    @property
    def connected(self) -> bool:
        """Tell whether there is a socket."""
        return self._session is not None

    @property
    def registered(self) -> bool:
        """Tell whether the server has accepted `reg` on the present socket."""
        return self.machine.online

    @property
    def screen(self) -> str:
        """Return the text on the screen."""
        return self.machine.screen

    @property
    def users(self) -> dict[int, User]:
        """Return everybody who is enrolled."""
        return self.machine.users.by_id

    @property
    def doors(self) -> dict[int, Door]:
        """Return the doors by number."""
        return self.machine.doors.by_number

    @property
    def logs(self) -> list[Frame]:
        """Return all stored records, oldest first."""
        return [entry.record for entry in self.machine.logs.entries]

    @property
    def unsent(self) -> int:
        """Return how many records the server has not acknowledged or fetched."""
        return len(self.machine.logs.unsent)

    @property
    def alarm(self) -> bool:
        """Tell whether the siren sounds."""
        return self.machine.alarm

    @property
    def received(self) -> list[Frame]:
        """Return every decoded frame of the server, over all sockets."""
        return self._journal.received

    @property
    def sent(self) -> list[Frame]:
        """Return every frame sent, before the faults have spoilt it."""
        return self._journal.sent

    @property
    def commands(self) -> Commands:
        """Return the latest commands of the server, with their order and time."""
        return self._journal.commands

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of `getdevinfo`."""
        return self.machine.settings

    @property
    def access_settings(self) -> dict[str, Any]:
        """Return the settings of `getdevlock`."""
        return self.machine.access_settings

    @property
    def holidays(self) -> list[Frame]:
        """Return the stored holidays."""
        return self.machine.holidays

    @property
    def questionnaire(self) -> Frame:
        """Return the stored questionnaire."""
        return self.machine.questionnaire

    @property
    def notice(self) -> str:
        """Return the public message of `setuserprofile` with `enrollid` 0."""
        return self.machine.users.notice

    @property
    def clock_offset(self) -> timedelta:
        """Return by how much the clock is ahead of the computer's local time."""
        return self.machine.clock.offset

    @clock_offset.setter
    def clock_offset(self, offset: timedelta) -> None:
        self.machine.clock.offset = offset
        self.machine.save()

    @property
    def clock_drift(self) -> float:
        """Return how many seconds the clock gains per hour."""
        return self.machine.clock.drift

    @clock_drift.setter
    def clock_drift(self, drift: float) -> None:
        self.machine.clock.drift = drift
        self.machine.save()

    @property
    def server_approval(self) -> bool:
        """Tell whether the server decides about each punch (the menu's "Server approval")."""
        return self.machine.asks_server

    @server_approval.setter
    def server_approval(self, on: bool) -> None:
        if "server_verify" in self.settings:
            self.settings["server_verify"] = int(on)
        else:
            self.machine.menu_approval = on
        self.machine.save()
