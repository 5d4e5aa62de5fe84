package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings, err := swarm.NewConfig(ctx, "settings", &swarm.ConfigArgs{
			Data: pulumi.String(`{"theme": "light"}`),
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "web", &swarm.ServiceArgs{
			Image: pulumi.String("nginx:1.27"),
			Configs: pulumi.Array{swarm.ServiceConfigArgs{
				Source: settings.Name,
				Target: pulumi.String("/etc/app/settings.json"),
			}},
		})
		return err
	})
}
