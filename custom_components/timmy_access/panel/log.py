"""The access log, its end live."""

from .command import PanelCommand
from .feed import PanelFeed

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = ()
