package domain

import (
	_ "embed"
	"slices"
	"sync"
)

// A Region is an economic region of Azerbaijan. Until 06.07.2021 there were ten,
// since 07.07.2021 there are fourteen; those whose districts the new division
// left as they were keep their code.
//
// The day of the change and both divisions are from general knowledge and were
// not confirmed in a source: they are marked as assumed wherever the list is
// shown.
type Region struct {
	Code
	Districts []string `json:"districts"` // ISO 3166-2
}

//go:embed regions.json
var regionsFile []byte

var regions = sync.OnceValue(func() []Region { return must(read[[]Region](regionsFile)) })

// Regions lists the economic regions of both divisions.
func Regions() []Region { return slices.Clone(regions()) }

// RegionOn is the economic region to which a district belonged on a day. What is
// stored is always the district. It is empty for an unknown district.
func RegionOn(district string, day Day) string {
	for _, r := range regions() {
		if r.holdsOn(day) && slices.Contains(r.Districts, district) {
			return r.Code.Code
		}
	}
	return ""
}

// RegionsWithin lists the regions of a day's division that lie wholly within
// others, whichever division those are of: what is known of the whole of the old
// region Aran is known of each new region that was made of it.
func RegionsWithin(others []string, day Day) (within []string) {
	known := map[string]bool{}
	for _, r := range regions() {
		if slices.Contains(others, r.Code.Code) {
			for _, d := range r.Districts {
				known[d] = true
			}
		}
	}
	for _, r := range regions() {
		if r.holdsOn(day) && !slices.ContainsFunc(r.Districts, func(d string) bool { return !known[d] }) {
			within = append(within, r.Code.Code)
		}
	}
	return within
}
