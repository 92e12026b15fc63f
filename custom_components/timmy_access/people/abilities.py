"""What a terminal can take of people, from what it says of itself."""

from collections.abc import Iterable, Mapping

from ..protocol.enums import CREDENTIAL_SLOTS, Credential
from ..protocol.messages import DeviceInfo
from .roster import Person

# What tells of each kind how many fit, and how many there are. A photo becomes a face (specification B3).
_ROOM: Mapping[Credential, str] = {
    Credential.CARD: "cards",
    Credential.FACE: "faces",
    Credential.FINGERPRINT: "fingerprints",
    Credential.PALM: "palms",
    Credential.PASSWORD: "passwords",
    Credential.PHOTO: "faces",
}


def lacks(info: DeviceInfo, people: Iterable[Person], credential: Credential) -> bool:
    """Return whether a terminal says that it has no room for a single credential of a kind.

    It then has no reader for it, and may be silent for half a minute instead of saying so. One that does not tell may
    well have; and so has one on which somebody has such a credential, whatever it says.
    """
    if (kind := _ROOM.get(credential)) is None:
        return False
    if getattr(info, f"{kind}_capacity") != 0 or getattr(info, f"{kind}_used"):
        return False
    return not any(person.slots & CREDENTIAL_SLOTS[credential] for person in people)
