package domain

import (
	"testing"
	"time"
)

// TestMayCompare: whoever judges duplicates compares, but nobody a person whose data
// are shut, and no officer the case of another.
func TestMayCompare(t *testing.T) {
	now := time.Date(2024, time.April, 2, 9, 0, 0, 0, time.UTC)
	referred := Access{Organisation: "police-gence", Relation: ReferredIt}
	assigned := Access{Organisation: account + "one", Relation: Assigned}
	shut := Access{Organisation: suspender, Relation: Suspended}
	judge, err := CommandNamed("judge-duplicate")
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range append(Roles(), Clock) {
		for _, c := range []struct {
			user string
			rows []Access
			want string
		}{
			{"one", []Access{referred}, ""},
			{"one", []Access{referred, assigned}, ""},
			{"two", []Access{referred, assigned}, map[bool]string{true: "held_by_another"}[role == CaseOfficer]},
			{"one", []Access{referred, assigned, shut}, "access_suspended"},
			{"two", []Access{referred, shut}, "access_suspended"},
		} {
			if !judge.MayGive(role) {
				c.want = "role_not_allowed"
			}
			got := ""
			if r, refused := AsRefusal(MayCompare(Actor{User: c.user, Role: role, Organisation: "spu"}, c.rows, now)); refused {
				if got = r.Code; r.Kind != Forbidden {
					t.Errorf("%s: %+v", role, r)
				}
			}
			if got != c.want {
				t.Errorf("%s %s over %v: %q, want %q", role, c.user, c.rows, got, c.want)
			}
		}
	}
}
