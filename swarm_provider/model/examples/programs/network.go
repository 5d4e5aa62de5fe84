package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		backend, err := swarm.NewNetwork(ctx, "backend", &swarm.NetworkArgs{
			Attachable: pulumi.Bool(true),
			DriverOpts: pulumi.StringMap{"encrypted": pulumi.String("true")},
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "api", &swarm.ServiceArgs{
			Image:    pulumi.String("registry.example.com/api:1.4"),
			Networks: pulumi.Array{backend.Name},
		})
		return err
	})
}
