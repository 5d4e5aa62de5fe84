"""Pulumi's protocol: messages, values, the log, and who may speak to the port.

Not here: what a resource is (handlers), and the service itself (server).

    autonaming   The name of what a program leaves unnamed: its logical name, unless `pulumi:autonaming` says another
    differences  What Diff found, in Pulumi's words
    engine_log   What the plugin says to the person: messages and live status, through Pulumi's engine
    logfile      `SWARM_PROVIDER_LOG=FILE`
    operations   What Pulumi asks about a resource, and what a handler answers
    peers        Who may speak to the plugin's port: on Linux the user that it runs as, and root
    pulumi_stub  Pulumi's protocol messages without the rest of its package, which costs the plugin half of its start
    rpc          What a call raises, as a gRPC status with a one-line message
    values       Pulumi's wire values and plain data, both ways; unknown and secret values are kept
"""
