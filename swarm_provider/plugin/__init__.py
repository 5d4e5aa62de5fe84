"""The gRPC face: Pulumi's words on one side, ours on the other, and nothing more.

What is wanted is decided in `plan`, waited for in `rollout`, and said to Docker in `dockerapi`; the handlers put
those together, one per kind of resource.

    handlers/  One module per kind of resource: what Check, Diff, Create, Read, Update and Delete mean for it
    protocol/  Pulumi's protocol: messages, values, the log, and who may speak to the port
    run/       What the resources of one run share and know of one another
    swarms/    Which swarm a state lives on, asked of the swarms themselves
    __main__   `pulumi-resource-swarm ENGINE_ADDRESS`: start the plugin
    lookups    Invokes: getConfig, getSecret, getNetwork, getNode, getNodes
    server     The ResourceProvider service over gRPC
    serving    The plugin's port: opened, told to the engine, and closed
"""
