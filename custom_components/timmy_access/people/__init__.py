"""The people of a terminal: who they are, how they get onto it, and who of them has been seen or is inside.

May import `terminal` and what lies below.
"""
