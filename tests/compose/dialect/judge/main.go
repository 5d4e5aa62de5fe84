// Prints the project that compose-go loads from the given files, as JSON; what docker compose config would print.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/sirupsen/logrus"
)

func main() {
	logrus.SetOutput(io.Discard)
	var files, envFiles, profiles []string
	var name string
	for i := 1; i+1 < len(os.Args); i += 2 {
		switch os.Args[i] {
		case "-f":
			files = append(files, os.Args[i+1])
		case "--env-file":
			envFiles = append(envFiles, os.Args[i+1])
		case "--profile":
			profiles = append(profiles, os.Args[i+1])
		case "--name":
			name = os.Args[i+1]
		}
	}
	options, err := cli.NewProjectOptions(files,
		cli.WithOsEnv,
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithDefaultConfigPath,
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithDefaultProfiles(profiles...),
		cli.WithName(name),
	)
	if err == nil {
		project, failure := options.LoadProject(context.Background())
		err = failure
		if err == nil {
			text, failure := project.MarshalJSON()
			if failure == nil {
				os.Stdout.Write(text)
				return
			}
			err = failure
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
