"""Who is decided about at the door: passes, the calendars they follow, verdicts, and the code that unlocks.

May import `people`, `records` and what lies below.
"""
