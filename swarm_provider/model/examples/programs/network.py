import swarm_provider as swarm

backend = swarm.Network("backend", attachable=True, driver_opts={"encrypted": "true"})
swarm.Service("api", image="registry.example.com/api:1.4", networks=[backend])
