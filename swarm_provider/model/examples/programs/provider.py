import pulumi
import swarm_provider as swarm

prod = swarm.Provider("prod", hosts=["ssh://ops@manager-1", "ssh://ops@manager-2"])
swarm.Network("backend", opts=pulumi.ResourceOptions(provider=prod))
