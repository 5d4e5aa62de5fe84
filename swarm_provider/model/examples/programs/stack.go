package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		shop, err := swarm.NewStack(ctx, "shop", &swarm.StackArgs{
			ComposeFile: "shop.yml",
			Env:         pulumi.Map{"TAG": pulumi.String(settings.Require("imageTag"))},
			Secrets:     pulumi.Map{"db-password": settings.RequireSecret("dbPassword")},
		})
		if err != nil {
			return err
		}
		ctx.Export("image", shop.Services.MapIndex(pulumi.String("db")).Image())
		return nil
	})
}
