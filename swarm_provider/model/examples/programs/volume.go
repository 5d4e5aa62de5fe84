package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		data, err := swarm.NewVolume(ctx, "db-data", &swarm.VolumeArgs{Node: pulumi.String("node-1")})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "db", &swarm.ServiceArgs{
			Image: pulumi.String("postgres:17"),
			Volumes: pulumi.Array{swarm.MountArgs{
				Type:   swarm.MountType("volume"),
				Source: data.Name,
				Target: pulumi.String("/var/lib/postgresql/data"),
			}},
			Deploy: swarm.DeployArgs{Placement: swarm.PlacementArgs{
				Constraints: pulumi.StringArray{pulumi.String("node.hostname == node-1")},
			}},
		})
		return err
	})
}
