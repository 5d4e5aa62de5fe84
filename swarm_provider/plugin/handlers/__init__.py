"""One module per kind of resource: what Check, Diff, Create, Read, Update and Delete mean for it.

Not here: decisions (plan), waiting (rollout).

    family/         Config and Secret: families of immutable versions
    release/        Release: a whole stack as one resource
    service/        Service: create, update and delete with the wait for what Swarm then does
    base            What a handler is, and what all of them do alike
    cluster_volume  Volumes of the cluster: made by a storage plugin, known to all managers
    evictions       What a resource that changes nodes evicts, said at preview
    network         Network
    node            Node: whether a node takes tasks, as code
    node_label      NodeLabel: one label key on one node, several, or all
    registry        Every handler, by the token of its resource
    volume          Volume
"""
