package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_, err := swarm.NewNode(ctx, "maintenance", &swarm.NodeArgs{
			Node:         pulumi.String("node-2"),
			Availability: swarm.Availability("drain"),
		})
		return err
	})
}
