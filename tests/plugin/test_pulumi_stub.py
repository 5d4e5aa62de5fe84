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

WHOLE = """
import sys
from swarm_provider.plugin.protocol.pulumi_stub import keep_pulumi_lean, take_pulumi_whole
keep_pulumi_lean()
import swarm_provider.plugin.server
# what asks for the whole
import swarm_provider.plugin.components.construct
unwanted = {"pulumi.resource", "pulumi.provider", "yaml", "swarm_provider.compose", "swarm_provider.resources"}
print(*sorted(unwanted & sys.modules.keys()))
messages = sys.modules["pulumi.runtime.proto.provider_pb2"]
take_pulumi_whole()
import pulumi.runtime.proto.provider_pb2
import pulumi.provider.server
print(pulumi.runtime.proto.provider_pb2 is messages, pulumi.runtime.proto.CheckRequest is messages.CheckRequest)
whole = sys.modules["pulumi"]
take_pulumi_whole()
print(sys.modules["pulumi"] is whole, pulumi.Output.__name__)
"""


def test_plugin_loads_the_rest_of_pulumi_for_the_first_component_and_keeps_the_messages() -> None:
    done = subprocess.run([sys.executable, "-c", WHOLE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "True True", "True Output"]


def test_plugin_loads_the_messages_of_pulumi_and_nothing_else_of_it_and_no_reader_of_compose_files() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "", "pulumirpc.CheckRequest"]
