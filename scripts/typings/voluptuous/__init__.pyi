# Home Assistant installs probatio under the name of voluptuous; this tells the type checker so.
from probatio import *
