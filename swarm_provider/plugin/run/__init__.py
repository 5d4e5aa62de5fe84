"""What the resources of one run share and know of one another.

Not here: what one kind of resource does (handlers).

    memo             Questions that a run asks once, however many resources want to know
    networks         Names of the networks that live services refer to by id
    nodes            Nodes as users name them: by host name or by id
    planned_changes  What this run is about to change of the swarm, as far as the forecasts of other resources have to
                     know it
    session          What the handlers of one configured provider share
    settings         The provider's configuration, as far as handlers ask for it
    swarm            What the plugin asks of a swarm, and what stands in for one that cannot be reached
"""
