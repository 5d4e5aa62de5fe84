module ${PROJECT}

go 1.25

require (
	github.com/pulumi/pulumi/sdk/v3 v3.274.1
	github.com/swarm-provider/pulumi-swarm/sdk/go/swarm v0.1.0
)
