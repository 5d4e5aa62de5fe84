"""The names of the advice warnings, by which users choose among them."""

from __future__ import annotations

from typing import Final

from swarm_provider.model.types.kinds import Choice, Field, ListOf

LATEST_IMAGE: Final = "latest-image"
NO_LIMITS: Final = "no-limits"
SHARED_LOCAL_VOLUME: Final = "shared-local-volume"
UNPINNED_LOCAL_VOLUME: Final = "unpinned-local-volume"
CREDENTIAL: Final = "credential"
SINGLE_MANAGER: Final = "single-manager"
ADVICE: Final = (LATEST_IMAGE, NO_LIMITS, SHARED_LOCAL_VOLUME, UNPINNED_LOCAL_VOLUME, CREDENTIAL, SINGLE_MANAGER)

ADVICE_INPUT: Final = Field(
    "advice",
    ListOf(Choice(ADVICE, "AdviceName"), order=False),
    f"Advice to show: {', '.join(ADVICE)}; an empty list shows none. Default: the provider's.",
)
