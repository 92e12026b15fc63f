"""Who may pass, and how they stand on each terminal."""

from .command import PanelCommand
from .feed import PanelFeed

COMMANDS: tuple[PanelCommand | PanelFeed, ...] = ()
