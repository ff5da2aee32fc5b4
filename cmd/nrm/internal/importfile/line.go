// Package importfile brings what another register has recorded into the log:
// JSON Lines, one command a line.
package importfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"nrm/domain"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 64 << 10

// A Line is one command of an import file.
type Line struct {
	ID       string          `json:"id"`       // a UUID; the decision's id: the same id is recorded once
	Stream   string          `json:"stream"`   // case/REF, facility/REF or action/NUMBER
	Command  string          `json:"command"`  // kebab-case name
	By       By              `json:"by"`       // who acted
	Happened string          `json:"happened"` // RFC 3339, or a day
	Recorded string          `json:"recorded"` // when the other register recorded it: RFC 3339, or a day; may be absent
	Data     json.RawMessage `json:"data"`     // the command's fields
}

// By is the role and the organisation that acted. The names of those who worked
// there are not imported.
type By struct {
	Role         string `json:"role"`
	Organisation string `json:"organisation"`
}

// A Problem is a line that cannot be imported, and why. It quotes nothing of the
// line: a line may tell who a person is.
type Problem struct {
	Line   int    // from 1
	Field  string // the field at fault, if one is and we know its name
	Reason string // a stable code, or a sentence where there is none
}

func (p Problem) String() string {
	if p.Field == "" {
		return fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	}
	return fmt.Sprintf("line %d: %s: %s", p.Line, p.Field, p.Reason)
}

// An entry is a line that could be read.
type entry struct {
	line   int
	stream domain.Stream
	cmd    domain.Asked
	req    domain.Request // without Now
	day    bool           // recorded is only known to the day

	personal bool // it tells who somebody is
}

// scan calls f with every line that is not blank.
func scan(r io.Reader, f func(number int, line []byte) error) error {
	s := bufio.NewReaderSize(r, MaxLine+1)
	for n := 1; ; n++ {
		line, err := s.ReadSlice('\n')
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff")) // some editors begin a file with a mark
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) { // pass over the rest of the line
				_, err = s.ReadSlice('\n')
			}
			line = nil
			if ferr := f(n, line); ferr != nil {
				return ferr
			}
		} else if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			if ferr := f(n, trimmed); ferr != nil {
				return ferr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
}

// readLine reads the parts of a line.
func readLine(b []byte) (l Line, bad *fault) {
	parts, bad := object(b, []string{"id", "stream", "command", "by", "happened", "recorded", "data"})
	if bad != nil && bad.reason == notObject {
		return l, &fault{reason: "not a line of an import file"}
	}
	if bad != nil {
		return l, bad
	}
	bad = texts(parts, map[string]*string{"id": &l.ID, "stream": &l.Stream, "command": &l.Command, "happened": &l.Happened, "recorded": &l.Recorded})
	if bad != nil {
		return l, bad
	}
	l.Data = parts["data"]
	by, given := parts["by"]
	if !given {
		return l, &fault{"by", "required"}
	}
	who, bad := object(by, []string{"role", "organisation"})
	if bad == nil {
		bad = texts(who, map[string]*string{"role": &l.By.Role, "organisation": &l.By.Organisation})
	}
	if bad != nil {
		return l, within("by", bad)
	}
	return l, nil
}

// parse reads one line. A nil line was too long.
func parse(number int, b []byte) (entry, *Problem) {
	fail := func(field, reason string) (entry, *Problem) {
		return entry{}, &Problem{Line: number, Field: field, Reason: reason}
	}
	if b == nil {
		return fail("", fmt.Sprintf("longer than %d bytes", MaxLine))
	}
	l, bad := readLine(b)
	if bad != nil {
		return fail(bad.field, bad.reason)
	}
	id, err := uuid.Parse(l.ID)
	if err != nil || id.String() != l.ID {
		return fail("id", "not a UUID in lower case")
	}
	spec, err := domain.CommandNamed(l.Command)
	if err != nil {
		return fail("command", reason(err))
	}
	stream, err := domain.ParsePath(l.Stream)
	if err != nil {
		return fail("stream", reason(err))
	}
	by, err := domain.ParseActor("import", l.By.Role, l.By.Organisation)
	if err != nil {
		return fail("by", reason(err))
	}
	happened, err := domain.ParseWhen(l.Happened)
	if err != nil {
		return fail("happened", "neither RFC 3339 nor a day")
	}
	e := entry{line: number, stream: stream, req: domain.Request{ID: l.ID, By: by, Happened: happened, Cause: "import"}}
	if l.Recorded != "" {
		recorded, err := domain.ParseWhen(l.Recorded)
		if err != nil || recorded.Precision == domain.Unknown || recorded.Precision == domain.Hour {
			return fail("recorded", "neither RFC 3339 nor a day")
		}
		e.req.Claimed = recorded.At
		if recorded.Precision == domain.OnDay { // known at the end of that day at the latest
			e.req.Claimed, e.day = recorded.Day().End().Add(-time.Second).UTC(), true
		} else if t, err := time.Parse(time.RFC3339, l.Recorded); err == nil {
			e.req.Claimed = t.UTC() // to the second
		}
	}
	if e.cmd, e.personal, bad = command(spec, l.Data); bad != nil {
		return fail(bad.field, bad.reason)
	}
	return e, nil
}

// request completes a line's request. What does not say when it was recorded
// was recorded by its import; a day that is not over yet was recorded now.
func (e entry) request(now time.Time) domain.Request {
	req := e.req
	req.Now = now
	if req.Claimed.IsZero() || e.day && domain.DayOf(req.Claimed) == domain.DayOf(now) {
		req.Claimed = now.UTC().Truncate(time.Millisecond)
	}
	return req
}

// reason is what is told of an error: a refusal's stable code. The words of any
// other error could quote the line.
func reason(err error) string {
	if r, ok := domain.AsRefusal(err); ok {
		return r.Code
	}
	return "unreadable"
}
