"""The books of passes of this Home Assistant: one a database, shared by the listeners that write into it."""

from asyncio import Lock
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..ledger import Ledger
from .book import Book

_BOOKS: HassKey[dict[Ledger, _SharedBook]] = HassKey(f"{DOMAIN}_books")
# Two listeners that start at the same time read the passes once.
_OPENING: HassKey[Lock] = HassKey(f"{DOMAIN}_opening_books")


@dataclass
class _SharedBook:
    book: Book
    users: int = 0


async def async_acquire_book(hass: HomeAssistant, ledger: Ledger) -> Book:
    """Return the book of a database, read for the first who asks; a database that is away is no error."""
    async with hass.data.setdefault(_OPENING, Lock()):
        books = hass.data.setdefault(_BOOKS, {})
        if (shared := books.get(ledger)) is None:
            shared = _SharedBook(Book(hass, ledger, journal_path(hass, ledger)))
            await shared.book.async_load()
            books[ledger] = shared
        shared.users += 1
        return shared.book


async def async_release_book(hass: HomeAssistant, book: Book) -> None:
    """Give a book back; the last one closes it, when what waits is written. One that is closed already stays so."""
    books = hass.data.get(_BOOKS, {})
    for ledger, shared in tuple(books.items()):
        if shared.book is not book:
            continue
        shared.users -= 1
        if not shared.users:
            del books[ledger]
            await book.async_stop()


def journal_path(hass: HomeAssistant, ledger: Ledger) -> Path:
    """Return where the journal of a database lies: in Home Assistant's own storage, also for one on a server."""
    name = blake2b(ledger.name.encode(), digest_size=8).hexdigest()
    return Path(hass.config.path(".storage", f"{DOMAIN}.{name}.journal"))
