"""Docker Swarm as code: a Pulumi provider."""
