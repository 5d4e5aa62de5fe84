"""What Docker holds at most."""

from __future__ import annotations

from typing import Final

DNS_NAME: Final = 63
"""Characters of a service's or network's name: a DNS label."""
OBJECT_NAME: Final = 64
"""Characters of a config's or secret's name (swarmkit, manager/controlapi/common.go)."""
CONTENT: Final = {"config": 1000 * 1024 - 1, "secret": 500 * 1024 - 1}
"""Bytes of content: less than 1000 and 500 KiB (swarmkit, manager/controlapi/config.go, api/validation/secrets.go)."""
