package domain

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// StreamKind is what a stream is about.
type StreamKind string

const (
	CaseKind     StreamKind = "case"
	FacilityKind StreamKind = "facility"
	ActionKind   StreamKind = "action"
	CallKind     StreamKind = "call"
	AccessKind   StreamKind = "access"
)

// A Stream names one history: of a case, a facility, an action of a plan, a call
// to a hotline or of who has looked at what.
type Stream struct {
	Kind StreamKind
	ID   string // a [Ref], an action's number, or the id of a volume: see [NewVolume]
}

// CaseStream is the history of a case.
func CaseStream(r Ref) Stream { return Stream{CaseKind, string(r)} }

// FacilityStream is the history of a shelter or assistance centre.
func FacilityStream(r Ref) Stream { return Stream{FacilityKind, string(r)} }

// ActionStream is the history of an action of the current plan.
func ActionStream(number string) Stream { return Stream{ActionKind, number} }

// CallStream is the history of a call to a hotline.
func CallStream(r Ref) Stream { return Stream{CallKind, string(r)} }

// Ref is the stream's id as a reference. It has no meaning for an action.
func (s Stream) Ref() Ref { return Ref(s.ID) }

// String is the name under which the log keeps the stream. An action's name
// carries its plan, so that a successor plan has streams of its own.
func (s Stream) String() string {
	if s.Kind == ActionKind {
		return "action." + CurrentPlan().ID + "." + strings.ReplaceAll(s.ID, ".", "-")
	}
	return string(s.Kind) + "." + s.ID
}

// Path is the form people and import files use: "case/KW5219EZ", "action/4.1.9".
func (s Stream) Path() string { return string(s.Kind) + "/" + s.ID }

// ParsePath reads [Stream.Path] and refuses anything else: an id becomes part
// of a subject of the log, where some characters have meanings of their own.
func ParsePath(path string) (Stream, error) {
	kind, id, _ := strings.Cut(path, "/")
	switch StreamKind(kind) {
	case CaseKind, FacilityKind, CallKind:
		r, err := ParseRef(id)
		return Stream{StreamKind(kind), string(r)}, err
	case ActionKind:
		if _, ok := CurrentPlan().Action(id); ok {
			return ActionStream(id), nil
		}
		return Stream{}, &Refusal{Kind: NotFound, Code: "no_such_action"}
	}
	return Stream{}, &Refusal{Kind: NotFound, Code: "no_such_stream"}
}

// StreamNamed reads [Stream.String], the name in the log.
func StreamNamed(name string) (Stream, error) {
	kind, id, _ := strings.Cut(name, ".")
	if StreamKind(kind) == ActionKind {
		_, number, _ := strings.Cut(id, ".")
		return ActionStream(strings.ReplaceAll(number, "-", ".")), nil
	}
	if r, err := ParseRef(id); err == nil && slices.Contains([]StreamKind{CaseKind, FacilityKind, CallKind, AccessKind}, StreamKind(kind)) {
		return Stream{StreamKind(kind), string(r)}, nil
	}
	if StreamKind(kind) == AccessKind && isVolume(id) {
		return Stream{AccessKind, id}, nil
	}
	return Stream{}, fmt.Errorf("domain: %q names no stream", clipped(name))
}

// A Ref is a reference that can be read over the phone: two letters, four
// digits, two letters, the last one a check character. It says nothing about
// the person.
type Ref string

// refLetters leaves out I, O and Q, which are mistaken for digits. Their number
// is prime, so the check character finds every single wrong character and every
// exchange of two neighbours.
const refLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

// ParseRef reads a reference, in capitals or not. It answers a refusal
// "no_such_reference" for anything else.
func ParseRef(s string) (Ref, error) {
	bad := &Refusal{Kind: NotFound, Code: "no_such_reference"}
	if len(s) != 8 {
		return "", bad
	}
	s = strings.ToUpper(s)
	for i := range len(s) {
		if letter := i < 2 || i > 5; letter && strings.IndexByte(refLetters, s[i]) < 0 || !letter && (s[i] < '0' || s[i] > '9') {
			return "", bad
		}
	}
	if s[7] != checkLetter(s[:7]) {
		return "", bad
	}
	return Ref(s), nil
}

// refFrom makes the reference of a new case from the id of the decision that
// opens it. attempt moves on when another case has the reference already.
func refFrom(id string, attempt int) Ref {
	sum := sha256.Sum256(fmt.Appendf(nil, "reference %d of %s", attempt, id))
	n := binary.BigEndian.Uint64(sum[:8])
	b := make([]byte, 0, 8)
	for i := range 7 {
		if i < 2 || i > 5 {
			b = append(b, refLetters[n%uint64(len(refLetters))])
			n /= uint64(len(refLetters))
			continue
		}
		b = append(b, byte('0'+n%10))
		n /= 10
	}
	return Ref(append(b, checkLetter(string(b))))
}

// NewRef makes a reference from any id: the same id gives the same reference.
func NewRef(id string) Ref { return refFrom(id, 0) }

func checkLetter(s string) byte {
	sum := 0
	for i := range len(s) {
		v := strings.IndexByte(refLetters, s[i])
		if v < 0 {
			v = int(s[i] - '0')
		}
		sum += (i + 2) * v
	}
	return refLetters[sum%len(refLetters)]
}
