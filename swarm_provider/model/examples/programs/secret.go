package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		password, err := swarm.NewSecret(ctx, "db-password", &swarm.SecretArgs{
			Data: config.New(ctx, "").RequireSecret("dbPassword"),
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "db", &swarm.ServiceArgs{
			Image: pulumi.String("postgres:17"),
			Environment: pulumi.StringMap{
				"POSTGRES_PASSWORD_FILE": pulumi.String("/run/secrets/db-password"),
			},
			Secrets: pulumi.Array{swarm.ServiceSecretArgs{
				Source: password.Name,
				Target: pulumi.String("db-password"),
			}},
		})
		return err
	})
}
