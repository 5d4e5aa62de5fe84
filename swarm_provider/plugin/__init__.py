"""The gRPC face: Pulumi's words on one side, ours on the other, and nothing more.

What is wanted is decided in `plan`, waited for in `rollout`, and said to Docker in `dockerapi`; the handlers put
those together, one per kind of resource.

    components/   Components for programs of any language (Construct): the classes of Python programs, run here
    handlers/     One module per kind of resource: what Check, Diff, Create, Read, Update and Delete mean for it
    protocol/     Pulumi's protocol: messages, values, the log, and who may speak to the port
    run/          What the resources of one run share and know of one another
    swarms/       Which swarm a state lives on, asked of the swarms themselves
    __main__      `pulumi-resource-swarm ENGINE_ADDRESS`: start the plugin
    introduction  What Pulumi asks of a plugin before it is configured
    listing       List: what there is of a kind of resource
    lookups       Invokes: getConfig, getSecret, getNetwork, getNode, getNodes
    server        The ResourceProvider service over gRPC
    serving       The plugin's port: opened, told to the engine, and closed
"""
