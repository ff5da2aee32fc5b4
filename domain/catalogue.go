package domain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sync"
)

// EventSpec says what the register knows of an event type. The list of them is
// the register's memory: it only ever grows.
type EventSpec struct {
	Type        string
	Kind        StreamKind
	Compartment Compartment // who may read its data; that it happened belongs to [Flow]
	Personal    bool        // its data name or describe a person, so they are sealed under the key of the compartment
	Track       string      // code list "track"
	By          []string    // the commands that record it: the first is the one whose fields its data come from
	Since       string      // the version of the log in which it was first stored: "1" is of 2026-11
	Source      string      // the act and article, or the plan's action, that ask for it: see docs/legal-acts.md
	decode      func([]byte) (AnyEvent, error)
}

// CommandSpec says what the register knows of a command.
type CommandSpec struct {
	Name   string     // in URLs and import files: never change one
	Kind   StreamKind // the stream it is given to
	Track  string     // code list "track"; forms are grouped by it
	zero   Asked
	decode func([]byte) (Asked, error)
}

// EventSpecs lists every event type ever stored. testdata/events holds golden
// examples of each; a test fails when one is missing.
var EventSpecs = sync.OnceValue(func() (all []EventSpec) {
	for _, family := range families() {
		all = append(all, family.events...)
	}
	return all
})

// CommandSpecs lists every command, in the order in which a case goes.
var CommandSpecs = sync.OnceValue(func() (all []CommandSpec) {
	for _, family := range families() {
		all = append(all, family.commands...)
	}
	return all
})

// steps are the events and the commands of one family.
type steps struct {
	events   []EventSpec
	commands []CommandSpec
}

// families gives the whole catalogue, in the order in which a case goes.
func families() []steps {
	return []steps{
		referralSteps(), initialSteps(), identificationSteps(), reflectionSteps(),
		accommodationSteps(), servicesSteps(), childSteps(), criminalSteps(), statusSteps(), returnSteps(),
		redressSteps(), closureSteps(), deadlinesSteps(), personSteps(), correctionSteps(), erasureSteps(), accessSteps(),
		institutionSteps(), callSteps(),
	}
}

// SpecOf finds the spec of a command's type.
func SpecOf(cmd Asked) (CommandSpec, bool) {
	specs := CommandSpecs()
	i := slices.IndexFunc(specs, func(s CommandSpec) bool { return reflect.TypeOf(s.zero) == reflect.TypeOf(cmd) })
	if i < 0 {
		return CommandSpec{}, false
	}
	return specs[i], true
}

// CommandNamed finds a command by its name in URLs and import files. It answers
// a refusal "no_such_command".
func CommandNamed(name string) (CommandSpec, error) {
	if s, ok := commandIndex()[name]; ok {
		return s, nil
	}
	return CommandSpec{}, &Refusal{Kind: NotFound, Code: "no_such_command"}
}

var commandIndex = sync.OnceValue(func() map[string]CommandSpec {
	index := map[string]CommandSpec{}
	for _, s := range CommandSpecs() {
		index[s.Name] = s
	}
	return index
})

// MayGive reports whether the role may give the command at all.
func (s CommandSpec) MayGive(r Role) bool { return slices.Contains(s.zero.givers(), r) }

// Givers lists the roles that may give the command.
func (s CommandSpec) Givers() []Role { return slices.Clone(s.zero.givers()) }

// Sources lists the acts and articles that ask for what the command records.
func (s CommandSpec) Sources() (acts []string) {
	for _, e := range EventSpecs() {
		if slices.Contains(e.By, s.Name) && !slices.Contains(acts, e.Source) {
			acts = append(acts, e.Source)
		}
	}
	return acts
}

// Fields describes the command's fields.
func (s CommandSpec) Fields() []Field { return Fields(s.zero) }

// Opens reports whether the command begins a stream, whose reference the register
// makes: a case, a facility or a call.
func (s CommandSpec) Opens() bool {
	switch s.zero.(type) {
	case RegisterReferral, OpenFacility, logging:
		return true
	}
	return false
}

// Expected reports whether the command is a usual next step of the case.
// Anything else can be recorded too.
func (s CommandSpec) Expected(c *Case) bool {
	e, ok := s.zero.(interface{ expected(*Case) bool })
	return ok && e.expected(c)
}

// OnMerged reports whether a case that was merged into another still takes the
// command. To merge and to undo it is asked on the case that goes on.
func (s CommandSpec) OnMerged() bool {
	switch s.zero.(type) {
	case MergeCases, UndoMerge:
		return false
	}
	_, about := s.zero.(aboutMerged)
	return about
}

// Parse reads the command's data from JSON. It answers refusals
// "unknown_field" and "unreadable", with the field where it is known.
func (s CommandSpec) Parse(data []byte) (Asked, error) { return s.decode(data) }

// EventSpecOf finds an event type.
func EventSpecOf(typ string) (EventSpec, bool) {
	s, ok := eventIndex()[typ]
	return s, ok
}

var eventIndex = sync.OnceValue(func() map[string]EventSpec {
	index := map[string]EventSpec{}
	for _, s := range EventSpecs() {
		index[s.Type] = s
	}
	return index
})

// EncodeEvent gives an event's stored name and data. The data of a sealed event
// come out of its box.
func EncodeEvent(e AnyEvent) (typ string, data []byte, err error) {
	if e, err = Opened(e); err != nil {
		return "", nil, err
	}
	data, err = json.Marshal(e)
	return e.EventType(), data, err
}

// DecodeEvent reads a stored event. A type it does not know is a fault: the log
// was written by a newer program.
func DecodeEvent(typ string, data []byte) (AnyEvent, error) {
	s, ok := EventSpecOf(typ)
	if !ok {
		return nil, fmt.Errorf("domain: unknown event type %q", typ)
	}
	return s.decode(data)
}

func event[E Event[S], S Case | Facility | Action | Call | Accesses](track string, c Compartment) EventSpec {
	var zero E
	return EventSpec{Type: zero.EventType(), Kind: kindOf[S](), Track: track, Compartment: c, decode: func(b []byte) (AnyEvent, error) {
		var e E
		if err := json.Unmarshal(b, &e); err != nil {
			return nil, fmt.Errorf("domain: read %s: %w", zero.EventType(), err)
		}
		return e, nil
	}}
}

// personal is an event of a case whose data are sealed.
func personal[E Event[Case]](track string, c Compartment) EventSpec {
	s := event[E, Case](track, c)
	s.Personal = true
	return s
}

// since says in which version of the log the event was first stored, which act
// and article ask for it, and which commands record it.
func (s EventSpec) since(version, source string, by ...string) EventSpec {
	s.Since, s.Source, s.By = version, source, by
	return s
}

func kindOf[S any]() StreamKind {
	switch reflect.TypeFor[S]() {
	case reflect.TypeFor[Facility]():
		return FacilityKind
	case reflect.TypeFor[Action]():
		return ActionKind
	case reflect.TypeFor[Call]():
		return CallKind
	case reflect.TypeFor[Accesses]():
		return AccessKind
	}
	return CaseKind
}

func command[C Asked](name string, kind StreamKind, track string) CommandSpec {
	var zero C
	return CommandSpec{Name: name, Kind: kind, Track: track, zero: zero, decode: func(b []byte) (Asked, error) {
		var cmd C
		if len(bytes.TrimSpace(b)) == 0 {
			b = []byte("{}")
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&cmd); err != nil {
			return nil, unreadable(err, b, zero)
		}
		if d.More() {
			return nil, invalid("unreadable", "")
		}
		return cmd, numbersGiven(b, cmd)
	}}
}

// numbersGiven refuses a number that is not there: it would be read as zero.
func numbersGiven(b []byte, cmd Asked) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(b, &given); err != nil {
		return invalid("unreadable", "")
	}
	for _, f := range Fields(cmd) {
		if v, ok := given[f.Name]; f.Kind == Number && !f.Optional && (!ok || string(v) == "null") {
			return invalid("required", f.Name)
		}
	}
	return nil
}

var unknownField = regexp.MustCompile(`unknown field "([^"]{1,60})"`)

func unreadable(err error, b []byte, cmd Asked) error {
	if m := unknownField.FindStringSubmatch(err.Error()); m != nil {
		return invalid("unknown_field", m[1])
	}
	var given map[string]json.RawMessage
	if json.Unmarshal(b, &given) == nil { // each alone: times and days do not say which they are
		for _, f := range Fields(cmd) {
			v := reflect.New(reflect.TypeOf(cmd).FieldByIndex(f.index).Type)
			if raw, ok := given[f.Name]; ok && json.Unmarshal(raw, v.Interface()) != nil {
				return invalid("unreadable", f.Name)
			}
		}
	}
	return invalid("unreadable", "")
}
