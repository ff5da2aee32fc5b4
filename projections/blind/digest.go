package blind

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"nrm/projections/names"
)

// Digest gives the SHA-256 of what the boxes hold: of two indexes with the same
// persons under the same numbers it is the same, although no two of their boxes
// are. A row that no trigram explains is ErrDamaged. Persons and documents are
// not in it: their rows are comparable as they are.
func (x *Index) Digest(ctx context.Context, q Tx) (string, error) {
	sum, err := x.digest(ctx, q)
	if err != nil {
		return "", fmt.Errorf("blind: digest: %w", err)
	}
	return sum, nil
}

func (x *Index) digest(ctx context.Context, q Tx) (string, error) {
	last, err := x.last(ctx, q)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	trigrams := names.EveryGram()
	found := 0
	for p := int64(0); last > 0 && p <= page(last); p++ {
		labels := make([]label, len(trigrams))
		for i, g := range trigrams {
			labels[i] = x.label(g, p)
		}
		sets := make([][]uint16, len(trigrams))
		err := fetch(ctx, q, labels, func(i int, box []byte) (err error) {
			found++
			sets[i], err = x.places(labels[i], box)
			return err
		})
		if err != nil {
			return "", err
		}
		for i, set := range sets {
			if set != nil {
				fmt.Fprintf(h, "%d %s %d\n", p, trigrams[i], set)
			}
		}
	}
	mark := x.mark()
	var others int
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM blind_grams WHERE label <> ?`, mark[:]).Scan(&others); err != nil {
		return "", err
	}
	if others != found {
		return "", ErrDamaged
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
