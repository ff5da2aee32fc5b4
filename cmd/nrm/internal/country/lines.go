package country

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"nrm/domain"
)

// actor is who gives a command.
type actor struct {
	role domain.Role
	org  string
}

var (
	duty        = actor{domain.DutyOfficer, "spu"}
	officer     = actor{domain.CaseOfficer, "spu"}
	head        = actor{domain.Head, "spu"}
	guardians   = actor{domain.ChildProtection, "scfwca"}
	migration   = actor{domain.Migration, "sms"}
	fund        = actor{domain.FundOfficer, "fund"}
	prosecutor  = actor{domain.Prosecution, "prosecutor-general"}
	coordinator = actor{domain.Coordinator, "coordinator"}
)

func referrer(org string) actor { return actor{domain.Referrer, org} }
func consul(org string) actor   { return actor{domain.Consulate, org} }
func lawyer(org string) actor   { return actor{domain.LegalAid, org} }

// step is one line of the file.
type step struct {
	id       string
	stream   string // "case/KW5219EZ"
	by       actor
	cmd      domain.Asked
	happened time.Time
	recorded time.Time
	known    domain.Precision // of happened; to the minute if empty
	pace     pace
}

// pace is how soon a step is recorded.
type pace int

const (
	prompt pace = iota // within the hour
	slow               // some hours late, and everything after it waits
	heldUp             // a day or more late, and everything after it waits
	tardy              // days late, while the case goes on: only for steps that nothing depends on
)

// lines writes an import file: one JSON object a line.
type lines struct {
	w   *bufio.Writer
	buf []byte
}

func newLines(w io.Writer) *lines {
	return &lines{w: bufio.NewWriterSize(w, 1<<16)}
}

// write adds one line. Everything but the data is made of letters, digits and
// signs that JSON takes as they are.
func (l *lines) write(s step) error {
	spec, ok := domain.SpecOf(s.cmd)
	if !ok {
		return fmt.Errorf("country: %T has no name", s.cmd)
	}
	data, err := json.Marshal(s.cmd)
	if err != nil {
		return fmt.Errorf("country: %s: %w", spec.Name, err)
	}
	b := l.buf[:0]
	b = append(append(b, `{"id":"`...), s.id...)
	b = append(append(b, `","stream":"`...), s.stream...)
	b = append(append(b, `","command":"`...), spec.Name...)
	b = append(append(b, `","by":{"role":"`...), s.by.role...)
	b = append(append(b, `","organisation":"`...), s.by.org...)
	b = append(b, `"},"happened":"`...)
	if s.known == domain.OnDay {
		b = s.happened.In(domain.Baku).AppendFormat(b, time.DateOnly)
	} else {
		b = s.happened.In(domain.Baku).AppendFormat(b, time.RFC3339)
	}
	switch s.known {
	case domain.Hour:
		b = append(b, '~')
	case domain.Unknown:
		b = append(b, '?')
	}
	b = append(b, `","recorded":"`...)
	b = s.recorded.In(domain.Baku).AppendFormat(b, time.RFC3339)
	b = append(append(b, `","data":`...), data...)
	l.buf = append(b, '}', '\n')
	_, err = l.w.Write(l.buf)
	return err
}

func (l *lines) flush() error { return l.w.Flush() }
