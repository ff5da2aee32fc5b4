package eventstore

import (
	"encoding/base64"
	"encoding/json"
)

// readPlain reads a body that has the very form in which writeBody writes, with
// nothing in its texts that needs an escape: nearly every one. It takes a third of
// the time of [json.Unmarshal] and gives the same. It reports false for any other
// form, of which it says nothing.
func readPlain(b []byte) (in body, ok bool) {
	p := plainBody{rest: b}
	p.take(`{"id":`)
	in.ID = p.text()
	p.take(`,"meta":{`)
	in.Meta = make(map[string]string, 8)
	for more := !p.next('}'); more && !p.failed; more = !p.next('}') {
		if len(in.Meta) > 0 {
			p.take(`,`)
		}
		key := p.text()
		p.take(`:`)
		in.Meta[key] = p.text()
	}
	p.take(`,"prev":`)
	in.Prev = p.text()
	p.take(`,"events":[`)
	in.Events = make([]Entry, 0, 4)
	for more := !p.next(']'); more && !p.failed; more = !p.next(']') {
		if len(in.Events) > 0 {
			p.take(`,`)
		}
		in.Events = append(in.Events, p.entry())
	}
	p.take(`}`)
	return in, !p.failed && len(p.rest) == 0
}

// A plainBody is what is left to be read.
type plainBody struct {
	rest   []byte
	failed bool
}

// has takes a piece away if it is next.
func (p *plainBody) has(piece string) bool {
	if len(p.rest) < len(piece) || string(p.rest[:len(piece)]) != piece {
		return false
	}
	p.rest = p.rest[len(piece):]
	return true
}

func (p *plainBody) take(piece string) { p.failed = p.failed || !p.has(piece) }

func (p *plainBody) next(c byte) bool {
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text takes a text of printable ASCII.
func (p *plainBody) text() string { return string(p.quoted()) }

func (p *plainBody) quoted() []byte {
	if !p.next('"') {
		p.failed = true
		return nil
	}
	for i, c := range p.rest {
		switch {
		case c == '"':
			text := p.rest[:i]
			p.rest = p.rest[i+1:]
			return text
		case c < ' ' || c > '~' || c == '\\':
			p.failed = true
			return nil
		}
	}
	p.failed = true
	return nil
}

// entry takes one event.
func (p *plainBody) entry() (e Entry) {
	p.take(`{"type":`)
	e.Type = p.text()
	if p.has(`,"data":`) {
		e.Data = p.value()
	}
	if p.has(`,"key":`) {
		e.Key = p.text()
	}
	if p.has(`,"sealed":`) {
		sealed := p.quoted()
		box := make([]byte, base64.StdEncoding.DecodedLen(len(sealed)))
		n, err := base64.StdEncoding.Decode(box, sealed)
		p.failed = p.failed || err != nil
		e.Sealed = box[:n]
	}
	p.take(`}`)
	return e
}

// value takes an object, and copies it: who keeps it shall not keep the rest.
func (p *plainBody) value() json.RawMessage {
	depth, within := 0, false
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && within:
			i++
		case c == '"':
			within = !within
		case within:
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		if depth == 0 {
			data := p.rest[:i+1]
			if !json.Valid(data) {
				break
			}
			p.rest = p.rest[i+1:]
			return append(json.RawMessage(nil), data...)
		}
	}
	p.failed = true
	return nil
}
