package domain

import (
	"embed"
	"regexp"
	"strings"
	"sync"
)

// A Standard is a code system of others, with how the codes of this register are
// written in it. The register's own lists are the superset: what a standard
// lacks is given as its "other", or left empty, with a note that says so.
type Standard struct {
	ID         string                        `json:"id"`
	Name       string                        `json:"name"`
	Version    string                        `json:"version"`
	Confidence string                        `json:"confidence"` // code list "standard_confidence"
	Source     string                        `json:"source"`
	Note       Text                          `json:"note"`
	Fields     []StandardField               `json:"fields"`
	Lists      map[string]map[string]Mapping `json:"lists"`             // by list, then by code; "*" stands for every other code
	Columns    []StandardColumn              `json:"columns,omitempty"` // of a standard that was read whole: all of its fields
}

// A StandardField is a field of a standard and what it can hold.
type StandardField struct {
	Field  string   `json:"field"`
	Values []string `json:"values,omitempty"`
	Like   string   `json:"like,omitempty"` // a pattern, where the values are those of an ISO list
}

// A Mapping says how a code is written in a standard.
type Mapping struct {
	To   []string `json:"to,omitempty"`   // "field=value", all of them together; none: left empty
	Note string   `json:"note,omitempty"` // code list "crosswalk_note"
}

// A StandardColumn says what an export puts into a field of a standard.
type StandardColumn struct {
	Field string   `json:"field"`
	From  []string `json:"from,omitempty"` // "Event.field", or "Event": the day on which it happened
	Note  string   `json:"note,omitempty"` // code list "crosswalk_note": also why it stays empty
}

//go:embed crosswalk/*.json
var crosswalkFiles embed.FS

// Standards lists the standards that codes are mapped to: HTCDS 2.0, CTDC, the
// draft of IC-TIP, GLOTIP.
var Standards = sync.OnceValue(func() (all []Standard) {
	for _, id := range []string{"htcds", "ctdc", "ictip", "glotip"} {
		all = append(all, must(read[Standard](must(crosswalkFiles.ReadFile("crosswalk/"+id+".json")))))
	}
	return all
})

// Draft reports whether the published list of the standard was not at hand.
func (s Standard) Draft() bool { return s.Confidence == "draft" }

// Maps reports whether the standard has something for a code list.
func (s Standard) Maps(list string) bool { return s.Lists[list] != nil }

// Of says how a code of a list is written in the standard.
func (s Standard) Of(list string, code Code) (Mapping, bool) {
	m, ok := s.Lists[list][code.Code]
	if !ok {
		m, ok = s.Lists[list]["*"]
	}
	to := make([]string, len(m.To))
	for i, t := range m.To {
		to[i] = strings.NewReplacer("{code}", code.Code, "{iso}", code.ISO).Replace(t)
	}
	m.To = to
	return m, ok
}

// has reports whether "field=value" can stand in the standard.
func (s Standard) has(target string) bool {
	field, value, _ := strings.Cut(target, "=")
	for _, f := range s.Fields {
		if f.Field != field {
			continue
		}
		if f.Like != "" {
			return regexp.MustCompile(`^(?:` + f.Like + `)$`).MatchString(value)
		}
		for _, v := range f.Values {
			if v == value {
				return true
			}
		}
	}
	return false
}
