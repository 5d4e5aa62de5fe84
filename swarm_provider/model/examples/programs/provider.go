package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		prod, err := swarm.NewProvider(ctx, "prod", &swarm.ProviderArgs{
			Hosts: pulumi.StringArray{
				pulumi.String("ssh://ops@manager-1"),
				pulumi.String("ssh://ops@manager-2"),
			},
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewNetwork(ctx, "backend", nil, pulumi.Provider(prod))
		return err
	})
}
