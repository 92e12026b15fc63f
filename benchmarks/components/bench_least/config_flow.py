"""Home Assistant sets up no entry without one."""

from homeassistant.config_entries import ConfigFlow


class LeastFlow(ConfigFlow, domain="bench_least"):
    """Asks nothing."""
