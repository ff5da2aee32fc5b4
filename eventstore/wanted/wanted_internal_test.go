package wanted

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// TestEverySetting: what the client library knows of a stream is either compared
// or known not to matter, and each setting that is compared is noticed alone,
// and named, unless it is free.
func TestEverySetting(t *testing.T) {
	ignored := []string{"Name", "Description", "MaxConsumers", "Placement", "FirstSeq", "ConsumerLimits", "Metadata", "Template"}
	errUnsafe := errors.New("unsafe")
	names := []string{"Replicas"}
	for _, c := range compared {
		names = append(names, c.name)
	}
	config := reflect.TypeFor[jetstream.StreamConfig]()
	for i := range config.NumField() {
		name := config.Field(i).Name
		if slices.Contains(names, name) == slices.Contains(ignored, name) {
			t.Errorf("%s is neither compared nor ignored, or both", name)
		}
	}
	for _, name := range names {
		s := Stream{Settings: jetstream.StreamConfig{Subjects: []string{"t.>"}}, Unsafe: errUnsafe}
		got := s.Copies(1)
		other(t, reflect.ValueOf(&got).Elem().FieldByName(name))
		if err := s.Check(got); !errors.Is(err, errUnsafe) || !strings.Contains(err.Error(), "unsafe: "+name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
		s.Free = []string{name}
		if err := s.Check(got); err != nil && name != "Replicas" {
			t.Errorf("%s is free: %v", name, err)
		}
	}
}

// other gives a setting another value.
func other(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() + 1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
	default:
		t.Fatalf("another %v?", v.Type())
	}
}
