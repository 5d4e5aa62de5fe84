package main

import (
	"REPOSITORY/sdk/go/swarm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		conf, err := swarm.NewConfigDirectory(ctx, "conf", &swarm.ConfigDirectoryArgs{
			Directory: "conf.d",
			Pattern:   pulumi.StringRef("*.conf"),
			Target:    pulumi.StringRef("/etc/nginx/conf.d"),
		})
		if err != nil {
			return err
		}
		_, err = swarm.NewService(ctx, "web", &swarm.ServiceArgs{
			Image:   pulumi.String("nginx:1.27"),
			Configs: conf.Mounts,
		})
		return err
	})
}
