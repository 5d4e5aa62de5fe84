package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/swarm-provider/pulumi-swarm/sdk/go/swarm"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		stack, err := swarm.NewStack(ctx, "${PROJECT}", &swarm.StackArgs{
			ComposeFile: "compose.yml",
			Env:         pulumi.Map{"IMAGE": pulumi.String(settings.Require("image"))},
		})
		if err != nil {
			return err
		}
		ctx.Export("services", stack.Services)
		return nil
	})
}
