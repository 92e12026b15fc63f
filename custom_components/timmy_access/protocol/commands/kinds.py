"""The values that several commands share."""

from ..enums import ALL_SLOTS, Role, VerifyMethod
from ..kinds import Choice, EnrollId, Moment, Text, Whole

# AI firmware holds enroll ids of twelve digits (field notes 5, enrollid).
MAX_ENROLL_ID = 999_999_999_999
# The specification gives no limit. 64 bytes hold 21 Chinese characters or any European name, and
# leave room for everything else in the small receive buffer (field notes 1).
MAX_NAME_BYTES = 64
# Titles and the like on the screen; a screen shows 125 characters (field notes 3).
MAX_LABEL_BYTES = 125
# Eight digits (specification A3). 0 is how firmware reports that there is no PIN (field notes 4).
MAX_PIN = 99_999_999
# Greatest number that every JSON parser keeps exactly; wider than any 32 or 34 bit Wiegand card.
MAX_CARD = 2**53 - 1
# Numbers without a documented limit: what a C int of the firmware holds.
MAX_NUMBER = 2**31 - 1
# Week zones and day zones are numbered from 1 (specification B20); 0 is none.
MAX_ZONE = 8
# Access groups (specification B22); 0 is none.
MAX_GROUP = 9

# Ways to verify of specification B37, which hold those of B17 (0 to 4); 0 is the terminal's own.
VERIFY_MODES = frozenset(
    {0} | {method.value for method in VerifyMethod if 0 < method.value <= VerifyMethod.PALM_AND_PASSWORD}
)

ENROLL_ID = EnrollId(1, MAX_ENROLL_ID)
PERSON_NAME = Text(MAX_NAME_BYTES)
LABEL = Text(MAX_LABEL_BYTES)
PIN = Whole(1, MAX_PIN)
CARD = Whole(1, MAX_CARD)
NUMBER = Whole(0, MAX_NUMBER)
BYTE = Whole(0, 255)
ZONE = Whole(0, MAX_ZONE)
GROUP = Whole(0, MAX_GROUP)
MOMENT = Moment()
ROLE = Choice(frozenset(role.value for role in Role if role is not Role.UNKNOWN))
VERIFY_MODE = Choice(VERIFY_MODES)
SLOT = Choice(ALL_SLOTS)
