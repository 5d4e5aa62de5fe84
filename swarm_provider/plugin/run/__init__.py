"""What the resources of one run share and know of one another.

Not here: what one kind of resource does (handlers).

    claims           Which resource of a run stands for which object
    images           What registries say of images
    memo             Questions that a run asks once, however many resources want to know
    networks         Names of the networks that live services refer to by id
    nodes            Nodes as users name them: by host name or by id
    planned_changes  What this run is about to change of the swarm, as far as the forecasts of other resources have to
                     know it
    parts            What Check and Diff found out of the parts of a resource that has several
    phases           The phases of a run, and whether what is used belongs into the present one
    run              All that one run knows of its resources
    session          The connections of one configured provider, its settings, and how it speaks to the person
    settings         The provider's configuration, as far as handlers ask for it
    swarm            What the plugin asks of a swarm, and the substitute for one that cannot be reached
"""
