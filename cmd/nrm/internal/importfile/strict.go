package importfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"nrm/domain"
)

// A fault is what is wrong with a piece of a line. It names a field that we
// know and never holds anything that stood in the line: a line may tell who a
// person is.
type fault struct{ field, reason string }

const notObject = "not a JSON object"

// object reads one JSON object whose names are all among those known, as
// strictly as the API does: another name, also one in other capitals, a name
// that is there twice, null, or anything after the object is refused.
func object(b []byte, known []string) (map[string]json.RawMessage, *fault) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, &fault{reason: notObject}
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, &fault{reason: notObject}
		}
		name, _ := t.(string)
		if !slices.Contains(known, name) {
			return nil, &fault{reason: "unknown_field"} // the name is the file's, not ours to repeat
		}
		var value json.RawMessage
		switch _, twice := fields[name]; {
		case twice:
			return nil, &fault{name, "given more than once"}
		case d.Decode(&value) != nil:
			return nil, &fault{name, "not JSON"}
		case bytes.Equal(value, []byte("null")):
			return nil, &fault{name, "null: leave the field out"}
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, &fault{reason: notObject}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &fault{reason: "more than one value on the line"}
	}
	return fields, nil
}

// texts reads an object of strings into where they belong.
func texts(fields map[string]json.RawMessage, into map[string]*string) *fault {
	for _, name := range slices.Sorted(maps.Keys(into)) {
		if value, ok := fields[name]; ok && json.Unmarshal(value, into[name]) != nil {
			return &fault{name, "of the wrong type"}
		}
	}
	return nil
}

// command reads a command's fields. Personal reports whether they tell who
// somebody is, or hold free text.
func command(spec domain.CommandSpec, data []byte) (cmd domain.Asked, personal bool, f *fault) {
	var names []string
	for _, f := range spec.Fields() {
		names = append(names, f.Name)
	}
	fields := map[string]json.RawMessage{}
	if data != nil {
		if fields, f = object(data, names); f != nil {
			return nil, false, within("data", f)
		}
	}
	for _, f := range spec.Fields() {
		_, given := fields[f.Name]
		personal = personal || given && (f.Kind == domain.ShortText || f.Kind == domain.LongText || strings.HasPrefix(f.Name, "birth_"))
	}
	cmd, err := spec.Parse(data)
	switch r, ok := domain.AsRefusal(err); {
	case err == nil:
		return cmd, personal, nil
	case ok && r.Code == "required":
		return nil, false, &fault{"data." + r.Field, r.Code}
	}
	return nil, false, &fault{"data." + unreadable(spec, fields), "unreadable"}
}

// unreadable finds the field that the command cannot read.
func unreadable(spec domain.CommandSpec, fields map[string]json.RawMessage) string {
	for _, f := range spec.Fields() {
		value, given := fields[f.Name]
		if !given {
			continue
		}
		one, err := json.Marshal(map[string]json.RawMessage{f.Name: value})
		if err == nil {
			_, err = spec.Parse(one)
		}
		if r, ok := domain.AsRefusal(err); err != nil && (!ok || r.Code != "required") { // the others are not in it
			return f.Name
		}
	}
	return ""
}

// within puts the outer field's name before the inner one's.
func within(outer string, f *fault) *fault {
	if f.field == "" {
		return &fault{outer, f.reason}
	}
	return &fault{outer + "." + f.field, f.reason}
}
