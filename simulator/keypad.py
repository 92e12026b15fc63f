"""What somebody does at the terminal's own menu, whatever the server does meanwhile."""

from .machine import Machine
from .users import CARD, User


class Keypad:
    """The menu.

    Registering a credential pushes a `senduser` (field notes 4). Most else does not: somebody is renamed or deleted
    without any push (field notes 11). A quiet keypad, by profile or fault, pushes nothing.
    """

    def __init__(self, machine: Machine) -> None:
        """Sit on a terminal."""
        self._machine = machine

    def add(self, user: User) -> None:
        """Enrol somebody, with one `senduser` for each credential."""
        self._machine.users.by_id[user.enrollid] = user
        self._done(user, "enrolled", *user.slots)

    def register(self, enrollid: int, backupnum: int, record: str | int) -> None:
        """Add or change a credential, with its `senduser`."""
        user = self._user(enrollid)
        user.credentials[backupnum] = record
        self._done(user, "changed", backupnum)

    def change_card(self, enrollid: int, number: int) -> None:
        """Give somebody another card."""
        self.register(enrollid, CARD, number)

    def remove(self, enrollid: int, backupnum: int) -> None:
        """Take a credential from somebody."""
        user = self._user(enrollid)
        if user.credentials.pop(backupnum, None) is None:
            message = f"user {enrollid} has no {backupnum}"
            raise ValueError(message)
        self._done(user, "changed")

    def rename(self, enrollid: int, name: str) -> None:
        """Change a name."""
        user = self._user(enrollid)
        user.name = name
        self._done(user, "renamed", *(user.slots if self._machine.profile.announces_names else ()))

    def set_role(self, enrollid: int, admin: int) -> None:
        """Make somebody an administrator (1), a super user (2) or neither (0)."""
        user = self._user(enrollid)
        user.admin = admin
        self._done(user, "changed")

    def enable(self, enrollid: int, *, on: bool) -> None:
        """Enable or disable somebody."""
        user = self._user(enrollid)
        user.enabled = on
        if self._machine.faults.splits_enabling:
            user.face_enabled = on
        self._done(user, "enabled" if on else "disabled")

    def delete(self, enrollid: int) -> None:
        """Delete somebody."""
        del self._machine.users.by_id[self._user(enrollid).enrollid]
        self._machine.report(f"user {enrollid} deleted at the keypad")
        self._machine.save()

    def _user(self, enrollid: int) -> User:
        user = self._machine.users.by_id.get(enrollid)
        if user is None:
            message = f"nobody has the number {enrollid}"
            raise ValueError(message)
        return user

    def _done(self, user: User, what: str, *backupnums: int) -> None:
        self._machine.report(f"user {user.enrollid} {what} at the keypad")
        if self._machine.profile.announces_users and not self._machine.faults.quiet_keypad:
            for backupnum in backupnums:
                self._machine.announce(user, backupnum)
        self._machine.save()
