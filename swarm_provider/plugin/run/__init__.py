"""What the resources of one run share and know of one another.

Not here: what one kind of resource does (handlers).

    evictions        What a resource that changes nodes drives away, said at preview
    forecast         What the preview says a service's change will do
    images           When a registry is asked for an image's digest, as the docker CLI's --resolve-image decides it
    memo             Questions that a run asks once, however many resources want to know
    networks         Names of the networks that live services refer to by id
    nodes            Nodes as users name them: by host name or by id
    planned_changes  What this run is about to change of the swarm, as far as the forecasts of other resources have to
                     know it
    published_ports  Published ports of one run
    references       What a service's references stand for
    session          What the handlers of one configured provider share
"""
