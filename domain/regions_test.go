package domain

import (
	"slices"
	"testing"
)

func TestRegionOn(t *testing.T) {
	for _, tc := range []struct{ district, day, want string }{
		{"AZ-GOY", "2021-07-06", "aran"},
		{"AZ-GOY", "2021-07-07", "merkezi-aran"},
		{"AZ-GOY", "2010-01-01", "aran"},
		{"AZ-BA", "2020-12-31", "abseron"},
		{"AZ-BA", "2024-03-01", "baki"},
		{"AZ-BAR", "2021-07-06", "aran"}, // Bərdə came to Qarabağ
		{"AZ-BAR", "2021-07-07", "qarabag"},
		{"AZ-CAB", "2021-07-06", "yuxari-qarabag"}, // Cəbrayıl came to Şərqi Zəngəzur
		{"AZ-CAB", "2021-07-07", "serqi-zengezur"},
		{"AZ-SMI", "2021-07-06", "dagliq-sirvan"}, // as before
		{"AZ-SMI", "2021-07-07", "dagliq-sirvan"},
		{"AZ-LAN", "2024-03-01", "lenkeran-astara"},
		{"AZ-XX", "2024-03-01", ""},
		{"", "2024-03-01", ""},
	} {
		if got := RegionOn(tc.district, mustDay(tc.day)); got != tc.want {
			t.Errorf("%s on %s: %q, want %q", tc.district, tc.day, got, tc.want)
		}
	}
}

// TestDivisions: on every day each district lies in one region, and today's
// region is the group of the district's code.
func TestDivisions(t *testing.T) {
	districts := Codes("district")
	if len(districts) != 77 { // ISO 3166-2:AZ: 11 cities and 66 districts
		t.Errorf("%d districts", len(districts))
	}
	for day, regions := range map[string]int{"2005-01-01": 10, "2021-07-06": 10, "2021-07-07": 14, "2030-01-01": 14} {
		on := CodesOn("region", mustDay(day))
		if len(on) != regions {
			t.Errorf("%s: %d regions, want %d", day, len(on), regions)
		}
		for _, d := range districts {
			in := 0
			for _, r := range Regions() {
				if r.holdsOn(mustDay(day)) && slices.Contains(r.Districts, d.Code) {
					in++
				}
			}
			if in != 1 {
				t.Errorf("%s: %s lies in %d regions", day, d.Code, in)
			}
		}
	}
	for _, d := range districts {
		if got := RegionOn(d.Code, mustDay("2024-01-01")); got != d.Group {
			t.Errorf("%s is in %q, its group is %q", d.Code, got, d.Group)
		}
	}
	for _, r := range Regions() {
		if r.Confidence != "assumed" {
			t.Errorf("%s is %q: the division was not confirmed in a source", r.Code.Code, r.Confidence)
		}
		for _, d := range r.Districts {
			if _, ok := CodeOf("district", d); !ok {
				t.Errorf("%s holds %s, which is no district", r.Code.Code, d)
			}
		}
	}
}

func TestRegionsWithin(t *testing.T) {
	for _, tc := range []struct {
		others []string
		day    string
		want   []string
	}{
		{[]string{"baki", "qarabag"}, "2024-01-01", []string{"baki", "qarabag"}},
		{[]string{"aran"}, "2024-01-01", []string{"merkezi-aran", "mil-mugan", "sirvan-salyan"}}, // Qarabağ got two districts of it: not the whole
		{[]string{"abseron"}, "2021-07-07", []string{"baki", "abseron-xizi"}},
		{[]string{"baki"}, "2021-07-06", nil}, // only a part of Abşeron
		{[]string{"baki", "abseron-xizi"}, "2021-07-06", []string{"abseron"}},
		{[]string{"naxcivan"}, "2021-07-06", []string{"naxcivan"}},
		{nil, "2024-01-01", nil},
	} {
		if got := RegionsWithin(tc.others, mustDay(tc.day)); !slices.Equal(got, tc.want) {
			t.Errorf("%v on %s: %v, want %v", tc.others, tc.day, got, tc.want)
		}
	}
}
