"""People belong to the house: who may pass which doors at which hours, and how terminals come to agree.

What is decided here is decided by pure functions over frozen data. May import `people`, `records` and what lies below.
"""
