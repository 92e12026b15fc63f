"""Passes of guests."""

from .command import PanelCommand
from .feed import PanelFeed

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = ()
