"""Whether two ways to write a name mean the same person."""

from ..ledger import likeness

# Some firmware cuts a name in a buffer of 24 bytes (field notes 11): what is at least as long may be the beginning of a
# longer name.
CUT_BYTES = 20


def is_same_name(told: str, name: str) -> bool:
    """Return whether a terminal that tells one name may mean another, which it may have cut."""
    if told == name:
        return True
    short, whole = likeness(told), likeness(name)
    return short == whole or (len(short.encode()) >= CUT_BYTES and whole.startswith(short.rstrip("\ufffd")))
