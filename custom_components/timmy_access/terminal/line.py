"""How the parts of a terminal reach it."""

from typing import Any, Protocol

from ..protocol.commands.base import Command, Paged, Reply
from ..protocol.paging import Listing, PageTaker
from ..protocol.turns import Priority
from ..protocol.wire import Structure


class Line(Protocol):
    """The present connection of one terminal, whichever that is."""

    async def async_request[R: Reply](self, command: Command[R], priority: Priority = Priority.INTERACTIVE) -> R:
        """Send a command and return its reply; raises the protocol's errors."""

    async def async_read_list(
        self, command: Paged[Any], priority: Priority = Priority.BULK, on_page: PageTaker | None = None
    ) -> Listing[Structure]:
        """Read all pages of a list (see `Exchange.read_list`); raises the protocol's errors."""
