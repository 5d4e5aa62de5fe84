"""What a replacement does to an object whose name cannot be given twice: it lives on. Pure.

Pulumi makes the new one first. With delete_before_replace the old one goes before, and there is nothing to adopt;
whether that is set, a provider is not told, so a preview can only say what depends on it.
"""

from __future__ import annotations

from typing import Final

LIVES_ON: Final = "its replacement adopted it (delete_before_replace=True recreates it)"
"""Why Delete leaves the object that the new resource stands for."""
