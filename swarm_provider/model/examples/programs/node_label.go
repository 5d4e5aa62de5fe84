package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		raid, err := swarm.NewNodeLabel(ctx, "raid", &swarm.NodeLabelArgs{
			Node:  pulumi.StringArray{pulumi.String("node-1"), pulumi.String("node-2")},
			Key:   pulumi.String("storage"),
			Value: pulumi.String("raid"),
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "db", &swarm.ServiceArgs{
			Image: pulumi.String("postgres:17"),
			Deploy: swarm.DeployArgs{Placement: swarm.PlacementArgs{
				Constraints: pulumi.StringArray{pulumi.String("node.labels.storage == raid")},
			}},
		}, pulumi.DependsOn([]pulumi.Resource{raid}))
		return err
	})
}
