package domain

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Text is a label in the three languages of the register.
type Text struct {
	AZ string `json:"az"`
	EN string `json:"en"`
	RU string `json:"ru"`
}

// In gives the label in a language: "en", "ru", otherwise Azerbaijani.
func (t Text) In(lang string) string {
	switch lang {
	case "en":
		return t.EN
	case "ru":
		return t.RU
	}
	return t.AZ
}

// A Code is one entry of a code list.
type Code struct {
	Code       string `json:"code"`
	ISO        string `json:"iso,omitempty"`        // of a country ISO 3166-1 alpha-3, of a language ISO 639-2/T
	Group      string `json:"group,omitempty"`      // what it belongs to, on lists that are grouped
	From       Day    `json:"valid_from,omitzero"`  // the first day on which there is such a thing; zero: not known, or since ever
	To         Day    `json:"valid_to,omitzero"`    // the last day; zero: still
	Alone      bool   `json:"alone,omitempty"`      // it excludes every other code of its list: none of them, or unknown
	Confidence string `json:"confidence,omitempty"` // confirmed, reported or assumed, where it is not that of the whole list
	Source     string `json:"source,omitempty"`     // where it was found
	Text
}

// An Organisation is a body that acts in the mechanism.
type Organisation struct {
	Code     string `json:"code"`
	Kind     string `json:"kind"`
	District string `json:"district,omitempty"` // where it is, ISO 3166-2; its region follows
	Text
}

//go:embed codes/*.json
var codesFiles embed.FS

//go:embed districts.json
var districtsFile []byte

//go:embed organisations.json
var organisationsFile []byte

// lists gives all code lists by name. Those of a family of steps stand in its
// file in codes. "district" has the districts and cities of Azerbaijan (ISO
// 3166-2) with their economic region of 07.07.2021 as group, "region" the
// economic regions of both divisions (see [RegionOn]), "organisation" the
// organisations with their kind as group, "nationality" Azerbaijan and the
// countries, "indicator" the plan's indicators with their action as group.
var lists = sync.OnceValue(func() map[string][]Code {
	all := map[string][]Code{}
	for _, file := range must(codesFiles.ReadDir("codes")) {
		maps.Copy(all, must(read[map[string][]Code](must(codesFiles.ReadFile("codes/"+file.Name())))))
	}
	all["district"] = must(read[[]Code](districtsFile))
	for _, r := range regions() {
		all["region"] = append(all["region"], r.Code)
	}
	for _, o := range organisations() {
		all["organisation"] = append(all["organisation"], Code{Code: o.Code, Group: o.Kind, Text: o.Text})
	}
	az, _ := find(all["citizenship"], "az")
	az.Code, az.ISO = "AZ", "AZE"
	all["nationality"] = append([]Code{az}, all["country"]...)
	for _, a := range CurrentPlan().Actions {
		for _, i := range a.Indicators {
			all["indicator"] = append(all["indicator"], Code{Code: i.ID, Group: a.Number, Text: i.Label})
		}
	}
	return all
})

var organisations = sync.OnceValue(func() []Organisation { return must(read[[]Organisation](organisationsFile)) })

// Codes gives a code list in the order in which it is shown. An unknown list is
// a mistake in the program.
func Codes(list string) []Code {
	codes, ok := lists()[list]
	if !ok {
		panic(fmt.Sprintf("domain: no code list %q", list)) // found by a test over all commands
	}
	return codes
}

// CodesOn gives the codes of a list that are there on a day.
func CodesOn(list string, day Day) []Code {
	return slices.DeleteFunc(slices.Clone(Codes(list)), func(c Code) bool { return !c.holdsOn(day) })
}

func (c Code) holdsOn(day Day) bool {
	return !day.Before(c.From) && (c.To.IsZero() || !day.After(c.To))
}

// Lists names all code lists, sorted.
func Lists() []string { return slices.Sorted(maps.Keys(lists())) }

// CodeOf finds a code on a list.
func CodeOf(list, code string) (Code, bool) {
	return find(Codes(list), code)
}

func find(codes []Code, code string) (Code, bool) {
	if i := slices.IndexFunc(codes, func(c Code) bool { return c.Code == code }); i >= 0 {
		return codes[i], true
	}
	return Code{}, false
}

// OrganisationOf finds an organisation.
func OrganisationOf(code string) (Organisation, bool) {
	all := organisations()
	if i := slices.IndexFunc(all, func(o Organisation) bool { return o.Code == code }); i >= 0 {
		return all[i], true
	}
	return Organisation{}, false
}

// read decodes an embedded file and refuses fields it does not know.
func read[T any](b []byte) (T, error) {
	var v T
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return v, d.Decode(&v)
}

// must is for embedded files only: they are checked by tests, not by users.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("domain: embedded data: %v", err))
	}
	return v
}
