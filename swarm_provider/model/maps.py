"""Maps of texts that several definitions have: labels, and the options of drivers."""

from __future__ import annotations

from typing import Final

from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import MapOf, Text

LABELS: Final = MapOf(Text(), before=short_forms.labels, also=("Sequence[str]",))
OPTIONS: Final = MapOf(Text(), before=short_forms.texts)
