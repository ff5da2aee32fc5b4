package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"nrm/domain"
)

// readAsked reads the body of a command: when it happened (zero if not said)
// and the command's data. It is strict: a name that is not known, also by its
// capitals, one that is there twice, null, or anything after the object is
// refused, with the field and never with what was sent.
func readAsked(r *http.Request, spec domain.CommandSpec) (happened domain.When, data []byte, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return happened, nil, unreadBody(err)
	}
	if typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); len(body) > 0 && (err != nil || typ != "application/json") {
		return happened, nil, refuse(http.StatusUnsupportedMediaType, "json_expected", "")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return happened, []byte("{}"), nil
	}
	asked, err := object(body, []string{"happened", "data"})
	if err != nil {
		return happened, nil, err
	}
	if given, ok := asked["happened"]; ok {
		if happened, err = readWhen(given, happenedField); err != nil {
			return happened, nil, err
		}
	}
	data, ok := asked["data"]
	if !ok {
		return happened, []byte("{}"), nil
	}
	return happened, data, checkData(data, spec)
}

// checkData refuses data that the command does not read, and names the field.
func checkData(data []byte, spec domain.CommandSpec) error {
	var names []string
	for _, f := range spec.Fields() {
		names = append(names, f.Name)
	}
	fields, err := object(data, names)
	if err != nil {
		return err
	}
	for name, value := range fields {
		one, err := json.Marshal(map[string]json.RawMessage{name: value})
		if err != nil {
			return unreadable(name)
		}
		_, err = spec.Parse(one)
		if r, ok := domain.AsRefusal(err); err != nil && (!ok || r.Code != "required") { // the others are not in it
			return unreadable(name)
		}
		if i := slices.Index(names, name); spec.Fields()[i].Kind == domain.ATime {
			if _, err := readWhen(value, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// readWhen reads a field that is a JSON string with a time.
func readWhen(value []byte, field string) (domain.When, error) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return domain.When{}, unreadable(field)
	}
	return parseWhen(text, field)
}

// parseWhen reads a day or a time as programs write it: a date or a date-time
// of RFC 3339. The marks behind the times of import files are not for them.
func parseWhen(text, field string) (domain.When, error) {
	if _, err := domain.ParseDay(text); err != nil {
		_, err := time.Parse(time.RFC3339, text) // which also takes hours of one digit and a decimal comma
		if err != nil || text[len("2006-01-02T15")] != ':' || strings.Contains(text, ",") {
			return domain.When{}, unreadable(field)
		}
	}
	w, err := domain.ParseWhen(text)
	if err != nil {
		return domain.When{}, unreadable(field)
	}
	return w, nil
}

// object reads one JSON object whose names are all among those known.
func object(b []byte, known []string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, unreadable("")
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, unreadable("")
		}
		name, _ := t.(string)
		if !slices.Contains(known, name) {
			return nil, &domain.Refusal{Kind: domain.Invalid, Code: "unknown_field"} // the name is theirs, not ours to repeat
		}
		var value json.RawMessage
		if _, twice := fields[name]; twice || d.Decode(&value) != nil || bytes.Equal(value, []byte("null")) {
			return nil, unreadable(name)
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, unreadable("")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, unreadable("")
	}
	return fields, nil
}

func unreadable(field string) error {
	return &domain.Refusal{Kind: domain.Invalid, Code: "unreadable", Field: field}
}

// unreadBody tells a body that is too large, which is the sender's doing, from
// one that did not arrive.
func unreadBody(err error) error {
	if size := (*http.MaxBytesError)(nil); errors.As(err, &size) {
		return err
	}
	return unreadable("")
}
