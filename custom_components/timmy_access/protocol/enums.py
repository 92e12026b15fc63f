"""The tables of the specification. Each keeps an UNKNOWN for numbers that newer firmware may send.

The raw number is always kept beside the member where a message carries one.
"""

from enum import IntEnum
from typing import Self


class _Table(IntEnum):
    """An enum whose unknown numbers become `UNKNOWN` instead of an error."""

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003 - any unknown number
        return cls["UNKNOWN"]


class VerifyMethod(_Table):
    """How a person proved who they are: `mode` of a log record (field notes 3) and `verifymode` (specification B37)."""

    UNKNOWN = -1
    FINGERPRINT = 1
    PASSWORD = 2
    CARD = 3
    FINGERPRINT_AND_PASSWORD = 4
    FINGERPRINT_AND_CARD = 5
    FACE = 8
    FACE_AND_PASSWORD = 9
    FACE_AND_CARD = 10
    CARD_AND_PASSWORD = 11
    FINGERPRINT_AND_FACE = 12
    QR_CODE = 13
    FACE_AND_CARD_OR_PASSWORD = 14
    ID_CARD = 15
    PALM = 16
    ONE_TO_MANY = 19
    ANY = 20
    PALM_AND_FACE = 21
    FINGERPRINT_AND_PALM = 22
    CARD_AND_PALM = 23
    PALM_AND_PASSWORD = 24
    # AiFP50V firmware reports a password as 128 (field notes 3, mode)
    PASSWORD_ALTERNATIVE = 128


class DoorEvent(_Table):
    """What a record with enroll id 0 says about a door (specification A2; 8 from field notes 3)."""

    UNKNOWN = -1
    CLOSED = 0
    OPENED = 1
    EXIT_BUTTON = 2
    OPENED_BY_SOFTWARE = 3
    CLOSED_BY_SOFTWARE = 4
    FORCED_OPEN = 5
    TAMPER = 6
    ALARM = 7
    BOOT = 8


class Reader(_Table):
    """Which reader was used: `inout` of a record is the place, not the direction (field notes 3, inout)."""

    UNKNOWN = -1
    MAIN = 0
    SECOND = 1


class Role(_Table):
    """`admin` of a user (specification B1)."""

    UNKNOWN = -1
    USER = 0
    ADMINISTRATOR = 1
    SUPER_USER = 2


class DoorControl(_Table):
    """`fuc` of lockctrl (specification B38)."""

    UNKNOWN = -1
    HOLD_OPEN = 1
    HOLD_CLOSED = 2
    OPEN = 3
    NORMAL = 4
    RESTART = 5
    CANCEL_ALARM = 6


class Credential(_Table):
    """Families of `backupnum` (specification, note 4; field notes 5, backupnum)."""

    UNKNOWN = -1
    FINGERPRINT = 0
    PASSWORD = 10
    CARD = 11
    FACE = 20
    PALM = 40
    PHOTO = 50

    @classmethod
    def of(cls, backupnum: int) -> Credential:
        """Return the family a `backupnum` belongs to."""
        for family, slots in CREDENTIAL_SLOTS.items():
            if backupnum in slots:
                return family
        return cls.UNKNOWN


# Palm veins are 30-37 up to version 2.7 of the specification and 40-41 since 3.0.
CREDENTIAL_SLOTS: dict[Credential, frozenset[int]] = {
    Credential.FINGERPRINT: frozenset(range(10)),
    Credential.PASSWORD: frozenset({10}),
    Credential.CARD: frozenset({11}),
    Credential.FACE: frozenset(range(20, 28)),
    Credential.PALM: frozenset({*range(30, 38), 40, 41}),
    Credential.PHOTO: frozenset({50}),
}
ALL_SLOTS: frozenset[int] = frozenset().union(*CREDENTIAL_SLOTS.values())
