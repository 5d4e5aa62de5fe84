"""Maps of texts that several definitions have: labels, and the options of drivers."""

from __future__ import annotations

from typing import Final

from swarm_provider.model import shorthand
from swarm_provider.model.types import MapOf, Text

LABELS: Final = MapOf(Text(), before=shorthand.labels, also=("Sequence[str]",))
OPTIONS: Final = MapOf(Text(), before=shorthand.texts)
