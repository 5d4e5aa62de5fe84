"""What the plugin's process loads."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from swarm_provider.plugin.protocol.pulumi_stub import keep_pulumi_lean
keep_pulumi_lean()
import swarm_provider.plugin.server
unwanted = {"pulumi.resource", "pulumi.runtime.stack", "docker", "http.client", "yaml", "swarm_provider.rollout"}
print(*sorted(unwanted & sys.modules.keys()))
# what Configure needs
import swarm_provider.plugin.swarms.homes
unwanted = {"swarm_provider.compose", "jsonschema", "yaml"}
print(*sorted(unwanted & sys.modules.keys()))
print(sys.modules["pulumi.runtime.proto.provider_pb2"].CheckRequest.DESCRIPTOR.full_name)
"""


def test_plugin_loads_the_messages_of_pulumi_and_nothing_else_of_it_and_no_reader_of_compose_files() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "pulumirpc.CheckRequest"]
