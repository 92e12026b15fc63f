"""Import this first to have the ledger by itself, in a process that has no Home Assistant.

Its package would import all of that, which takes seconds; the ledger needs nothing of it.
"""

from pathlib import Path
import sys
from types import ModuleType

_NAME = "custom_components.timmy_access"

if _NAME not in sys.modules:
    _package = ModuleType(_NAME)
    _package.__path__ = [str(Path(__file__).parents[1] / "custom_components" / "timmy_access")]
    sys.modules[_NAME] = _package
