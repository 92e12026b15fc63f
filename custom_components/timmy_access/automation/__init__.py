"""What triggers, conditions and events have in common: whom they are about, and the words they use.

May import `hub` and what lies below.
"""
