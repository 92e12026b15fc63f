"""What a terminal can take of people, by what it has reported of itself."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ..protocol.enums import CREDENTIAL_SLOTS, Credential
from ..protocol.messages import DeviceInfo
from ..terminal.firmware import is_ai
from .listed_people import Person


class Ability(StrEnum):
    """Whether a terminal takes a kind of credential."""

    FULL = "full"
    NO = "no"
    UNKNOWN = "unknown"
    YES = "yes"


def abilities(info: DeviceInfo) -> Mapping[Credential, Ability]:
    """Return what a terminal takes (specification A1, B36); a photo becomes a face.

    Fingerprint firmware does not report what it has never heard of, such as faces. Of AI firmware, and of a terminal
    that reports no sizes at all, what is not reported is not known.
    """
    reported = {
        Credential.FINGERPRINT: (info.fingerprints_capacity, info.fingerprints_used),
        Credential.FACE: (info.faces_capacity, info.faces_used),
        Credential.PALM: (info.palms_capacity, info.palms_used),
        Credential.CARD: (info.cards_capacity, info.cards_used),
        Credential.PASSWORD: (info.passwords_capacity, info.passwords_used),
        Credential.PHOTO: (info.faces_capacity, info.faces_used),
    }
    is_told = any(capacity is not None for capacity, _ in reported.values())
    silent = Ability.NO if is_told and not is_ai(info) else Ability.UNKNOWN
    return {kind: _ability(capacity, used, silent) for kind, (capacity, used) in reported.items()}


def lacking(info: DeviceInfo) -> frozenset[Credential]:
    """Return the kinds that a terminal is known not to take at all."""
    return frozenset(kind for kind, ability in abilities(info).items() if ability is Ability.NO)


def lacks(info: DeviceInfo, people: Iterable[Person], credential: Credential) -> bool:
    """Return whether a terminal is known not to take a kind of credential, nor has anybody on it such a one.

    It then has no reader for it, and may be silent for half a minute instead of saying so.
    """
    if credential not in lacking(info):
        return False
    return not any(person.slots & CREDENTIAL_SLOTS[credential] for person in people)


def _ability(capacity: int | None, used: int | None, silent: Ability) -> Ability:
    if capacity is None:
        return silent
    if capacity <= 0:
        return Ability.YES if used else Ability.NO
    return Ability.FULL if used is not None and used >= capacity else Ability.YES
