"""Words that every room shares: unknown and secret values, units, image references, label keys.

Pure: no I/O, no clock, no random numbers. Docker's own API JSON is *the* spec of this package; it is passed
around as plain dictionaries (`Json`).
"""

from typing import Any

Json = dict[str, Any]
