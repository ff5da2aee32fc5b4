package projections

import (
	"time"

	"nrm/domain"
)

// conformance judges what a reader may know of a case by the mandated path, as
// things stood at a time.
func conformance(history []deed, at time.Time) ([]domain.NormVerdict, error) {
	decisions := make([]domain.Decision, len(history))
	for i, d := range history {
		decisions[i] = d.Decision
	}
	return domain.Conformance(decisions, at)
}
