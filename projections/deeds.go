package projections

import (
	"context"

	"nrm/domain"
)

// Deeds gives the timeline of an action of the plan, or of all actions if the
// number is empty, the newest first. It names nobody: whoever may see the plan
// may see it.
func (v *Views) Deeds(ctx context.Context, action string) ([]Entry, error) {
	deeds, err := shown(ctx, v.readers, v.keys, selectShown+` WHERE kind = ? AND (stream = ? OR ? = '') ORDER BY seq, n`,
		string(domain.ActionKind), action, action)
	return entriesOf(deeds, false), wrap(err, "deeds")
}

// entriesOf shows deeds that are no part of a case, the newest first.
func entriesOf(deeds []deed, users bool) []Entry {
	var all []Entry
	for _, d := range deeds {
		for _, f := range d.facts {
			e := entryOf(d, f)
			if !users {
				e.By.User = ""
			}
			all = append(all, e)
		}
	}
	newestFirst(all)
	return all
}
