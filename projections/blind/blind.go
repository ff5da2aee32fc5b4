// Package blind finds persons by name and by document number in SQLite tables
// that tell nothing to who has the file but not the key: neither a name, nor
// which trigrams are frequent, nor who shares one with whom.
//
// Persons are numbered, and a page is 4096 numbers. For each page and each
// trigram that somebody of the page has in a name there is one row: its label is
// a keyed hash of trigram and page, its box the sealed set of the numbers. A
// label is the same in no two pages, so no two rows can be seen to be of one
// trigram. A box has one of four lengths, so that it tells roughly how many
// numbers it holds and no more. Document numbers are keyed hashes, one row for
// each document of a person.
//
// What the file does tell: how many persons there are, also of those who were
// taken out, and by which reference, how many documents each has, which two
// persons share a document, and how many different trigrams a page has. Who holds two states of the file sees which
// rows have changed in between.
//
// Numbers and boxes that were taken out may linger in free pages of the file
// and in its write-ahead log. Open the database with secure_delete on.
package blind

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"nrm/projections/names"
)

// Schema makes the tables. The hashes of documents need an index of their own,
// so that a person's can be taken out.
const Schema = `
CREATE TABLE blind_persons (n INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE);
CREATE TABLE blind_grams (label BLOB PRIMARY KEY, box BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE blind_documents (mac BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (mac, n)) WITHOUT ROWID;
CREATE INDEX blind_documents_of ON blind_documents (n);
`

var (
	// ErrTooShort: one or two letters would find half the register.
	ErrTooShort = errors.New("a name is searched for by three letters or more")
	// ErrDamaged may come from every method. Nothing of the transaction may be
	// kept then.
	ErrDamaged = errors.New("the search index is damaged or was made under another key: build the views anew")
	// ErrNotEmpty comes from Build.
	ErrNotEmpty = errors.New("the search index is not empty")
)

// Tx is a database, a connection or a transaction. What is written belongs
// together, and searches read several times: give them a transaction.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// An Index reads and writes the tables. It holds keys and no content, and can be
// used by many at the same time.
type Index struct {
	boxes             cipher.AEAD
	labels, documents macs
}

// New makes an index whose keys are derived from key, which has 32 bytes. It
// panics if it has not.
func New(key []byte) *Index {
	if len(key) != 32 {
		panic(fmt.Sprintf("blind: a key of %d bytes", len(key)))
	}
	sub := func(purpose string) []byte {
		k, err := hkdf.Key(sha256.New, key, nil, "nrm search "+purpose, 32)
		if err != nil {
			panic(err) // only if SHA-256 cannot give 32 bytes
		}
		return k
	}
	block, err := aes.NewCipher(sub("boxes"))
	if err != nil {
		panic(err)
	}
	// The nonces are random, which is sound for 2^32 boxes: a register of a
	// million persons can be built a thousand times under one key.
	boxes, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &Index{boxes: boxes, labels: newMACs(sub("labels")), documents: newMACs(sub("documents"))}
}

// macs computes HMAC-SHA256 under one key.
type macs struct{ pool *sync.Pool }

func newMACs(key []byte) macs {
	return macs{&sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

func (m macs) sum(parts ...[]byte) (sum [sha256.Size]byte) {
	h := m.pool.Get().(hash.Hash)
	defer m.pool.Put(h)
	h.Reset()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(sum[:0])
	return sum
}

// A label is the name of a row.
type label [16]byte

var (
	gram      = []byte("gram\x00")
	beginning = []byte("beginning\x00")
)

// label names the row of a trigram in a page.
func (x *Index) label(trigram string, page int64) label {
	var tail [9]byte
	binary.BigEndian.PutUint64(tail[1:], uint64(page))
	sum := x.labels.sum(gram, []byte(trigram), tail[:])
	return label(sum[:len(label{})])
}

// mark names the row that tells an index of this key from one of another, in
// which nothing would be found.
func (x *Index) mark() label {
	sum := x.labels.sum(beginning)
	return label(sum[:len(label{})])
}

func (x *Index) mac(number string) []byte {
	sum := x.documents.sum([]byte("document\x00"), []byte(number))
	return sum[:]
}

const findLast = `SELECT coalesce((SELECT max(n) FROM blind_persons), 0), (SELECT box FROM blind_grams WHERE label = ?)`

// last returns the highest number given to a person, 0 if there is none, having
// made sure of the key.
func (x *Index) last(ctx context.Context, tx Tx) (int64, error) {
	var last int64
	var box []byte
	mark := x.mark()
	err := tx.QueryRowContext(ctx, findLast, mark[:]).Scan(&last, &box)
	if err != nil || last == 0 {
		return 0, err
	}
	_, err = x.open(nil, mark, box)
	return last, err
}

// begin puts the mark into an index without persons.
func (x *Index) begin(ctx context.Context, tx Tx) error {
	mark := x.mark()
	_, err := tx.ExecContext(ctx, putGram, mark[:], x.seal(mark, nil))
	return err
}

// fetchBoxes takes all labels as one value: its text is always the same, and this
// takes two thirds of the time of a prepared statement for each label.
const fetchBoxes = `WITH RECURSIVE wanted(i) AS (SELECT 0 WHERE ?1 > 0 UNION ALL SELECT i + 1 FROM wanted WHERE i + 1 < ?1)
	SELECT i, box FROM wanted CROSS JOIN blind_grams ON label = substr(?2, 16 * i + 1, 16)`

// fetch finds rows and gives each that is there to f, with its place in labels.
// The box is f's only until it returns, and f must not use tx.
func fetch(ctx context.Context, tx Tx, labels []label, f func(i int, box []byte) error) error {
	if len(labels) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, fetchBoxes, len(labels), join(labels))
	if err != nil {
		return err
	}
	defer rows.Close()
	var i int
	var box sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&i, &box); err != nil {
			return err
		}
		if err := f(i, box); err != nil {
			return err
		}
	}
	return rows.Err()
}

func join(labels []label) []byte {
	var all bytes.Buffer
	all.Grow(len(labels) * len(label{}))
	for _, l := range labels {
		all.Write(l[:])
	}
	return all.Bytes()
}

// grams returns the distinct trigrams of all names of a person.
func grams(all []string) []string {
	var words []string
	for _, name := range all {
		words = append(words, names.Words(name)...)
	}
	return names.Grams(words...)
}
