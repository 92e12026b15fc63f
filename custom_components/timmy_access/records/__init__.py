"""What is kept of what happened, and read again: taken in, caught up with, exported and counted.

May import `terminal` and what lies below.
"""
