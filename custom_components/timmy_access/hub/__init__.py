"""Who is let in, and what a terminal as a whole is: the listener's gate, and the parts of each terminal put together.

May import `guests` and what lies below.

* A **claim** is a peer's word that it has the serial number of an approved terminal.
"""
