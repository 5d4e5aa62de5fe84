"""How a daemon is found and spoken to: hosts, contexts, TLS, ssh, and what happens when a manager is lost.

Not here: what is said (dockerapi).

    connect      Finding a daemon that can be used: each host in turn, its role in the swarm, the version to speak
    failover     The connection that a run works with, and its replacement when a manager is lost in the middle
    hosts        Which hosts to try: the provider's inputs, DOCKER_HOST, docker contexts, the default socket
    machine      What a connection asks of the machine that it runs on: a way out, a clock, and to wait
    settings     How to reach Docker: what the provider's inputs and the environment say, as plain values
    ssh          HTTP over the system's ssh: `ssh HOST docker system dial-stdio`, as the docker CLI does it
    transport    One pool of HTTP connections to one daemon: unix socket, TCP with or without TLS, ssh
    unix_socket  HTTP over the daemon's Unix socket
"""
