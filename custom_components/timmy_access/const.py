"""Words that several modules share."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "timmy_access"
LOGGER = logging.getLogger(__package__)

# Where the panel is in Home Assistant's frontend.
PANEL_URL_PATH: Final = "timmy-access"
PERSON_DOMAIN: Final = "person"
# Days as people write them, in the order of `date.weekday()`.
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SUBENTRY_TERMINAL: Final = "terminal"

CONF_AWAY_DELAY: Final = "away_delay"
CONF_AWAY_NOTICE: Final = "away_notice"
CONF_BLUEPRINTS: Final = "blueprints"
CONF_CERTIFICATE: Final = "certificate"
CONF_COUNTED_AS: Final = "counted_as"
CONF_CPU_SERIAL: Final = "cpu_serial"
CONF_DAY_BEGINS: Final = "day_begins"
CONF_DB_URL: Final = "db_url"
CONF_DECISION_WINDOW: Final = "decision_window"
CONF_DOOR_NAMES: Final = "door_names"
CONF_DOORS: Final = "doors"
CONF_FORMER_SERIALS: Final = "former_serials"
CONF_GRANTED_TEXT: Final = "granted_text"
CONF_ENTRY_READER: Final = "entry_reader"
CONF_EVERYBODY_GONE_AT: Final = "everybody_gone_at"
CONF_HOLD_OPEN: Final = "hold_open"
CONF_KEEP_IN_STEP: Final = "keep_in_step"
CONF_KEEP_DAYS: Final = "keep_days"
CONF_KEY: Final = "key"
CONF_LIVE_WINDOW: Final = "live_window"
CONF_NETWORK: Final = "network"
CONF_NETWORKS: Final = "networks"
CONF_PHOTO_DAYS: Final = "photo_days"
CONF_PHOTO_MEGABYTES: Final = "photo_megabytes"
CONF_PHOTOS: Final = "photos"
CONF_PHOTOS_IN_BACKUPS: Final = "photos_in_backups"
CONF_REFUSED_TEXT: Final = "refused_text"
CONF_SERIAL: Final = "serial"
CONF_SERVER_APPROVAL: Final = "server_approval"
CONF_TLS: Final = "tls"
CONF_TLS_PORT: Final = "tls_port"
CONF_UNLOCK_CODE: Final = "unlock_code"
CONF_UNWRITTEN_USE: Final = "unwritten_use"
CONF_VAULT: Final = "vault"

ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - terminals are elsewhere on the network

# Access controllers have four doors, every other terminal one (specification B19).
MAX_DOORS: Final = 4

# The hour at which a day of the hours begins: the calendar's own, where nobody works past midnight.
DAY_BEGINS: Final = 0
MAX_DAY_BEGINS: Final = 23

# Two years: what labour and building rules of most countries ask for, and no more than that of people's comings and
# goings.
KEEP_DAYS: Final = 730

MAX_KEEP_DAYS: Final = 36_500  # a century; 0 is for ever

# Two weeks: whoever wants to see who was at the door looks by then, and a face is nothing to keep for longer.
PHOTO_DAYS: Final = 14
MAX_PHOTO_DAYS: Final = 366

# Some ten thousand photos, on a disk of 32 GB that has other things to keep; more than the most is no disk of a house.
PHOTO_MEGABYTES: Final = 500
MIN_PHOTO_MEGABYTES: Final = 10
MAX_PHOTO_MEGABYTES: Final = 20_000

# Seconds for which a terminal is expected back; most dial again within them, the slowest seen within 43 s (field notes
# 1, reconnect).
AWAY_DELAY: Final = 10
MAX_AWAY_DELAY: Final = 120
# Minutes. Longer than a power cut, a restart of a switch, or moving a plug; and within the hour somebody wants to know.
AWAY_NOTICE: Final = 15
MAX_AWAY_NOTICE: Final = 7 * 24 * 60

# Terminals report a punch within 5 s (field notes 3); and what is ten minutes old is no news any more (same place).
MIN_LIVE_WINDOW: Final = 10
MAX_LIVE_WINDOW: Final = 600

# A record older than this is history: terminals report a punch within 5 s (field notes 3), their clocks may be 10 s
# off, and an automation that acts on what happened before that acts on a door nobody stands at any more.
LIVE_WINDOW: Final = timedelta(seconds=20)
