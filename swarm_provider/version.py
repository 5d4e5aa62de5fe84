"""The one place that says which version this is, and where its releases are.

A checkout is `0.0.0-dev`; a build writes here what the git tag says (setup.py). It is a semantic version, which
Pulumi, npm and Go ask for, of the forms that PEP 440 reads, too: `1.2.0`, `1.2.0-rc.1`, `1.2.1-dev.7`.
"""

from typing import Final

__version__ = "0.0.0-dev"

REPOSITORY: Final = "https://github.com/swarm-provider/pulumi-swarm"
"""To be set to the real one before the first release (docs/decisions/037)."""

PLUGIN_DOWNLOAD_URL: Final = REPOSITORY.replace("https://github.com/", "github://api.github.com/")
"""Where Pulumi looks for the plugin; without it, Pulumi asks its own server for whatever is called swarm there."""
