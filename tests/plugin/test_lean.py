"""What the plugin's process loads."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from swarm_provider.plugin.lean import keep_pulumi_lean
keep_pulumi_lean()
import swarm_provider.plugin.server
print(*sorted(name for name in sys.modules if name in {"pulumi.resource", "pulumi.runtime.stack", "docker", "yaml"}))
print(sys.modules["pulumi.runtime.proto.provider_pb2"].CheckRequest.DESCRIPTOR.full_name)
"""


def test_plugin_loads_the_messages_of_pulumi_and_nothing_else_of_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "pulumirpc.CheckRequest"]
