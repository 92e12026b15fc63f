"""Whether two ways to write a name mean the same person."""

from unicodedata import normalize

# Some firmware cuts a name in a buffer of 24 bytes (field notes 11): what is at least as long may be the beginning of a
# longer name.
CUT_BYTES = 20


def plain_name(name: str) -> str:
    """Return what two ways to write a name have in common."""
    return " ".join(normalize("NFKC", name).casefold().split())


def is_same_name(told: str, name: str) -> bool:
    """Return whether a terminal that tells one name may mean another, which it may have cut."""
    short, whole = plain_name(told), plain_name(name)
    return short == whole or (len(short.encode()) >= CUT_BYTES and whole.startswith(short.rstrip("\ufffd")))
