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
	Code  string `json:"code"`
	Group string `json:"group,omitempty"` // what it belongs to, on lists that are grouped
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
// file in codes. "district" has the districts of
// Azerbaijan (ISO 3166-2) with their economic region of 07.07.2021 as group,
// "organisation" the organisations with their kind as group,
// "nationality" Azerbaijan and the countries, "indicator" the
// plan's indicators with their action as group.
var lists = sync.OnceValue(func() map[string][]Code {
	all := map[string][]Code{}
	for _, file := range must(codesFiles.ReadDir("codes")) {
		maps.Copy(all, must(read[map[string][]Code](must(codesFiles.ReadFile("codes/"+file.Name())))))
	}
	all["district"] = must(read[[]Code](districtsFile))
	for _, o := range organisations() {
		all["organisation"] = append(all["organisation"], Code{Code: o.Code, Group: o.Kind, Text: o.Text})
	}
	az, _ := find(all["citizenship"], "az")
	az.Code = "AZ"
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

// RegionOf is the economic region of a district, in the division of 07.07.2021.
// It is empty for an unknown district.
func RegionOf(district string) string {
	return regions()[district]
}

var regions = sync.OnceValue(func() map[string]string {
	of := map[string]string{}
	for _, c := range Codes("district") {
		of[c.Code] = c.Group
	}
	return of
})

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
