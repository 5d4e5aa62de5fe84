// Prints every path of the specs that a client sends to Docker's API: what, path, JSON type.
package main

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/api/types/volume"
)

var texts = reflect.TypeOf((*encoding.TextMarshaler)(nil)).Elem()

func walk(what, path string, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Implements(texts) || reflect.PointerTo(t).Implements(texts):
		fmt.Println(what, path, "string")
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		fmt.Println(what, path, "bytes")
	case t.Kind() == reflect.Slice:
		walk(what, path+"[]", t.Elem())
	case t.Kind() == reflect.Map:
		walk(what, path+"{}", t.Elem())
	case t.Kind() == reflect.Struct:
		if t.NumField() == 0 {
			fmt.Println(what, path, "object")
		}
		for i := range t.NumField() {
			field := t.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			below := path
			if !field.Anonymous || name != "" {
				if name == "" {
					name = field.Name
				}
				below = strings.TrimPrefix(path+"."+name, ".")
			}
			walk(what, below, field.Type)
		}
	default:
		fmt.Println(what, path, t.Kind())
	}
}

func main() {
	walk("service", "", reflect.TypeOf(swarm.ServiceSpec{}))
	walk("config", "", reflect.TypeOf(swarm.ConfigSpec{}))
	walk("secret", "", reflect.TypeOf(swarm.SecretSpec{}))
	walk("network", "", reflect.TypeOf(network.CreateRequest{}))
	walk("volume", "", reflect.TypeOf(volume.CreateRequest{}))
}
