"""Service: create, update and delete with the wait for what Swarm then does.

What an update changes is decided in plan/change, whether it is done in plan/rollout.

    forecast         What the preview says a service's change will do
    handler          Service
    images           When a registry is asked for an image's digest, as the docker CLI's --resolve-image decides it
    outputs          The outputs of a service, and what its inputs say about them before it is there
    published_ports  A published port that moves from one service to another in one run
    references       What a service's references stand for
    removal          A service goes: at Delete, and where the live one has another mode than the program asks for
"""
