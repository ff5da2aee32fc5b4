package domain

import (
	_ "embed"
	"sync"
)

// A ListSource says whose words the codes of a list are.
type ListSource struct {
	Acts       []string `json:"acts,omitempty"`     // code list "legal_act"
	Standard   string   `json:"standard,omitempty"` // the standard that has such a list
	Confidence string   `json:"confidence"`         // confirmed, reported, likely or assumed
}

//go:embed list_sources.json
var listSourcesFile []byte

var listSources = sync.OnceValue(func() map[string]ListSource {
	return must(read[map[string]ListSource](listSourcesFile))
})

// SourceOf gives the source of a code list. Lists without one are this
// register's own.
func SourceOf(list string) (ListSource, bool) {
	s, ok := listSources()[list]
	return s, ok
}
