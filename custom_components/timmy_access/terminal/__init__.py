"""One terminal's own things: how it is reached, its clock, its state, its doors and settings, and its moments.

May import `protocol`, and the words that all rooms share.

* A **moment** is what happens at a terminal and is told once: a punch, a door event, a code.
* The **line** is the present connection, whichever that is, as the other parts use it.
* An **echo** is what was written to a terminal and comes back from it.
"""
