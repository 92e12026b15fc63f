"""The panel in the sidebar: what an administrator's browser asks and is told. Nothing is decided here."""
