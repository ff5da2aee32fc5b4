package projections

import (
	"time"

	"nrm/domain"
)

// conformance judges what a reader may know of a case by the mandated path, as
// things stood at a time.
func conformance(history []deed, at time.Time) ([]domain.NormVerdict, error) {
	return domain.Conformance(decisionsOf(history), at)
}
