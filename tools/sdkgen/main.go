// Writes the SDK of a language from a schema, as `pulumi package gen-sdk` does: the language hosts that can be built from
// modules do not know that command yet. Arguments: the schema, nodejs or go or python, a folder.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// none loads nothing: the schema refers to no other package's.
type none struct{ schema.ReferenceLoader }

func main() {
	files, err := generate(os.Args[1], os.Args[2])
	for name, content := range files {
		path := filepath.Join(os.Args[3], name)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o755)
		}
		if err == nil {
			err = os.WriteFile(path, content, 0o644)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(file, language string) (map[string][]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, err
	}
	pkg, found, err := schema.BindSpec(spec, none{}, schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if found.HasErrors() {
		return nil, found
	}
	switch language {
	case "nodejs":
		return nodejs.GeneratePackage("swarm", pkg, nil, nil, false, none{})
	case "go":
		return golang.GeneratePackage("swarm", pkg, nil)
	case "python":
		return python.GeneratePackage("swarm", pkg, nil, none{})
	}
	return nil, fmt.Errorf("no language %q", language)
}
