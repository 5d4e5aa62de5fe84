import swarm_provider as swarm

conf = swarm.ConfigDirectory("conf", directory="conf.d", pattern="*.conf")
swarm.Service("web", image="nginx:1.27", configs=conf.mounted("/etc/nginx/conf.d"))
