package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		backend, err := swarm.NewNetwork(ctx, "backend", nil)
		if err != nil {
			return err
		}
		web, err := swarm.NewService(ctx, "web", &swarm.ServiceArgs{
			Image:       pulumi.String("nginx:1.27"),
			Environment: pulumi.StringMap{"MODE": pulumi.String("prod")},
			Ports:       pulumi.Array{swarm.PortArgs{Target: pulumi.Int(80), Published: pulumi.Int(8080)}},
			Networks:    pulumi.Array{backend.Name},
			Deploy: swarm.DeployArgs{
				Replicas:     pulumi.Int(2),
				UpdateConfig: swarm.UpdateConfigArgs{Order: swarm.UpdateOrder("start-first")},
				Resources: swarm.ResourcesArgs{
					Limits: swarm.ResourceLimitsArgs{Memory: pulumi.String("128M")},
				},
			},
		})
		if err != nil {
			return err
		}
		ctx.Export("image", web.Image)
		return nil
	})
}
