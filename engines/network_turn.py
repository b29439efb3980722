"""Whose turn it is to run a network on the processor.

Each run uses every core already: two at once are no faster, and the layers of both would stand in memory.
"""

from __future__ import annotations

import threading
from typing import Final

NETWORK_TURN: Final = threading.Lock()
