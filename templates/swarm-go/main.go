package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
	"github.com/swarm-provider/pulumi-swarm/sdk/go/swarm"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		release, err := swarm.NewRelease(ctx, "${PROJECT}", &swarm.ReleaseArgs{
			ComposeFile: pulumi.ToStringArray([]string{"compose.yml"}),
			Env:         pulumi.StringMap{"IMAGE": pulumi.String(settings.Require("image"))},
		})
		if err != nil {
			return err
		}
		ctx.Export("services", release.Services)
		return nil
	})
}
