"""Sample people for demonstrations."""

from .users import CARD, PASSWORD, User

_NAMES = (
    "Ada Lindqvist",
    "Bruno Keller",
    "Chiara Fontana",
    "Daniel Okafor",
    "Elif Öztürk",
    "Francesca Moretti",
    "Gustavo Almeida",
    "Hannah Weiß",
    "Ivan Petrović",
    "Jun Takahashi",
    "Katarzyna Nowak",
    "Luca Bianchi",
    "Mei Chen",
    "Noah Jansen",
    "Olga Dvořáková",
    "Paul Schneider",
    "Qiara Haddad",
    "Rafael Costa",
    "Sofie Nielsen",
    "Tomás Herrera",
)


def template(enrollid: int, backupnum: int = 0) -> str:
    """Return a fingerprint template: hex digits with runs of zeros written as `(N)` (field notes 5, getuserinfo)."""
    seed = f"{(enrollid * 2654435761 + backupnum * 40503) & 0xFFFFFFFF:08x}"
    return f"c5(9)11{seed}e(128){seed[::-1]}6166(32){seed * 4}(19)1e5b{seed}"


def card(enrollid: int) -> int:
    """Return the number of a card."""
    return 2350000 + enrollid * 17


def people(count: int) -> list[User]:
    """Return sample people with a fingerprint each; every second has a card, every fourth a password."""
    found: list[User] = []
    for enrollid in range(1, count + 1):
        round_, index = divmod(enrollid - 1, len(_NAMES))
        name = _NAMES[index] + (f" {round_ + 1}" if round_ else "")
        user = User(enrollid=enrollid, name=name, admin=int(enrollid == 1))
        user.credentials[0] = template(enrollid)
        if enrollid % 2:
            user.credentials[CARD] = card(enrollid)
        if enrollid % 4 == 0:
            user.credentials[PASSWORD] = 1000 + enrollid
        found.append(user)
    return found
