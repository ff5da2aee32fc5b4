package projections

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
)

// Digest gives the SHA-256 of each table's content, by its name. It is equal
// for views of the same log at the same position, however they came about. Of
// the search index it is that of what the boxes hold, as each is sealed
// differently; personal events stay closed.
func (v *Views) Digest(ctx context.Context) (map[string]string, error) {
	// Every table is kept in the order of its key.
	order := map[string]string{
		"position": "one", "facts": "seq, n", "revisions": "seq, n, v", "cases": "ref", "case_access": "ref, organisation, relation",
		"places": "ref, n", "agenda": "ref, n", "deadlines": "ref, n", "notices": "ref, n", "facilities": "ref", "totals": "stage",
		"accesses": "seq, n", "accessed": "ref, seq, n", "glasses": "ref",
		"erasures": "ref", "unreadable": "ref, seq", "blind_persons": "n", "blind_documents": "mac, n",
	}
	digests := map[string]string{}
	err := v.within(ctx, func(tx *sql.Tx) error {
		for table, key := range order {
			sum, err := digest(ctx, tx, `SELECT * FROM `+table+` ORDER BY `+key)
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			digests[table] = sum
		}
		sum, err := v.index.Digest(ctx, tx)
		digests["blind_grams"] = sum
		return err
	})
	return digests, wrap(err, "digest")
}

func digest(ctx context.Context, q queryer, query string) (string, error) {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	h := sha256.New()
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return "", err
		}
		for _, value := range values {
			text := fmt.Sprint(value)
			fmt.Fprintf(h, "%T %d %s\n", value, len(text), text) // no two rows write the same
		}
	}
	return hex.EncodeToString(h.Sum(nil)), rows.Err()
}
