package projections

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"nrm/domain"
	"nrm/projections/blind"
	"nrm/projections/names"
)

// version grows when rows must be made anew although neither the tables nor the
// domain's data have changed: when a rule now folds history differently, or a
// name another way for the search index.
const version = 7

// Times in the tables: happened, start, due, stopped and the like are unix
// seconds; known, recorded and until are unix milliseconds; days are days in
// Baku as text. A time that is not there is NULL, an end that is not there the
// end of time: see forever.
const tables = `
CREATE TABLE position (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	seq    INTEGER NOT NULL, -- the last decision that the rows include
	id     TEXT NOT NULL,    -- its id
	schema TEXT NOT NULL
);

-- One row for each event: the timeline of every stream, and what measures
-- count. Everything in the other tables follows from it.
CREATE TABLE facts (
	seq          INTEGER NOT NULL,
	n            INTEGER NOT NULL, -- place in the decision, from 0
	decision     TEXT NOT NULL,    -- its id
	kind         TEXT NOT NULL,    -- case, facility or action
	stream       TEXT NOT NULL,    -- the reference, or the action's number
	type         TEXT NOT NULL,
	day          TEXT NOT NULL,    -- when it happened
	year         INTEGER NOT NULL,
	happened     INTEGER NOT NULL,
	precision    TEXT NOT NULL,
	effective    TEXT NOT NULL,    -- day; for institutional deeds
	known        INTEGER NOT NULL, -- claimed, if imported; otherwise recorded
	recorded     INTEGER NOT NULL,
	imported     INTEGER NOT NULL,
	user         TEXT NOT NULL,
	role         TEXT NOT NULL,
	organisation TEXT NOT NULL,
	data         TEXT NOT NULL,    -- the event as JSON; of a personal one its box, empty once the person was erased
	decided           INTEGER,     -- when the decision happened, where the event
	decided_precision TEXT,        -- has a time of its own; otherwise NULL
	PRIMARY KEY (seq, n)
) WITHOUT ROWID;

-- What facts say since they were corrected, and which were voided. The facts stay
-- as they were recorded; a fact that is here holds only until since.
CREATE TABLE revisions (
	seq       INTEGER NOT NULL, -- of the fact
	n         INTEGER NOT NULL,
	v         INTEGER NOT NULL, -- from 1
	stream    TEXT NOT NULL,    -- of a case
	corrected INTEGER NOT NULL, -- position of the decision that corrected it
	since     INTEGER NOT NULL, -- when that was known
	until     INTEGER NOT NULL, -- when the next correction was
	voided    INTEGER NOT NULL,
	year      INTEGER NOT NULL,
	happened  INTEGER NOT NULL,
	precision TEXT NOT NULL,
	effective TEXT NOT NULL,
	data      TEXT NOT NULL, -- empty if voided
	PRIMARY KEY (seq, n, v)
) WITHOUT ROWID;

CREATE TABLE cases (
	ref                TEXT PRIMARY KEY,
	stage              TEXT NOT NULL,
	status             TEXT NOT NULL,
	age                TEXT NOT NULL,
	region             TEXT NOT NULL, -- where found, empty when abroad
	country            TEXT NOT NULL,
	detected           INTEGER,
	detected_precision TEXT NOT NULL,
	danger             INTEGER NOT NULL,
	missing            INTEGER NOT NULL,
	risk               TEXT NOT NULL,
	deviations         INTEGER NOT NULL,
	last_seq           INTEGER NOT NULL,
	last_type          TEXT NOT NULL, -- of the fact that happened last
	last_happened      INTEGER NOT NULL,
	last_precision     TEXT NOT NULL,
	closed             INTEGER NOT NULL,
	hosted             INTEGER NOT NULL,
	handover           INTEGER NOT NULL, -- what the case waits for: see queues.go
	screening          INTEGER NOT NULL,
	decision           INTEGER NOT NULL,
	waiting            INTEGER NOT NULL,
	allowance          INTEGER NOT NULL,
	next               INTEGER,          -- deadlines.n of the open duty that is due first
	next_rule          TEXT,
	next_due           INTEGER NOT NULL,
	runs_out           INTEGER NOT NULL  -- when something is over that the register has yet to record
) WITHOUT ROWID;

-- How many cases are in each stage: too many to be counted for every page.
CREATE TABLE totals (
	stage TEXT PRIMARY KEY,
	n     INTEGER NOT NULL
) WITHOUT ROWID;

-- Who has to do with a case, as the case's own history says.
CREATE TABLE case_access (
	ref          TEXT NOT NULL,
	organisation TEXT NOT NULL,
	relation     TEXT NOT NULL,
	ended        INTEGER,          -- when the organisation's part was over; NULL while it lasts
	until        INTEGER NOT NULL, -- it may still look back
	longest      INTEGER NOT NULL, -- of the rows of this organisation on this case, exactly one
	stage        TEXT NOT NULL,    -- of the case
	PRIMARY KEY (ref, organisation, relation)
) WITHOUT ROWID;

CREATE TABLE places (
	ref          TEXT NOT NULL,
	n            INTEGER NOT NULL,
	facility     TEXT NOT NULL,
	organisation TEXT NOT NULL,
	state        TEXT NOT NULL, -- requested, admitted, refused, not_arrived, departed
	PRIMARY KEY (ref, n)
) WITHOUT ROWID;

-- What cases wait for from a time on: see agenda.go.
CREATE TABLE agenda (
	ref          TEXT NOT NULL,
	n            INTEGER NOT NULL,
	item         TEXT NOT NULL, -- the queue
	since        INTEGER NOT NULL,
	organisation TEXT NOT NULL, -- that it waits for; empty: whoever may do it
	PRIMARY KEY (ref, n)
) WITHOUT ROWID;

-- Who is told that a consent is over by which they have data: see notices.go.
CREATE TABLE notices (
	ref          TEXT NOT NULL,
	n            INTEGER NOT NULL,
	organisation TEXT NOT NULL,
	roles        TEXT NOT NULL, -- each with a space before and after
	purpose      TEXT NOT NULL,
	service      TEXT NOT NULL, -- of the purpose, or empty
	deletion     TEXT NOT NULL,
	day          TEXT NOT NULL, -- on which the consent ended or will
	since        INTEGER NOT NULL, -- unix milliseconds
	until        INTEGER NOT NULL,
	PRIMARY KEY (ref, n)
) WITHOUT ROWID;

CREATE TABLE deadlines (
	ref               TEXT NOT NULL,
	n                 INTEGER NOT NULL, -- place among the case's clocks, from 0
	rule              TEXT NOT NULL,
	key               TEXT NOT NULL,
	start             INTEGER NOT NULL,
	start_precision   TEXT NOT NULL,
	due               INTEGER NOT NULL, -- the first second that is too late
	value             INTEGER NOT NULL,
	unit              TEXT NOT NULL,
	assumed           INTEGER NOT NULL,
	period            INTEGER NOT NULL, -- not a duty
	stopped           INTEGER,
	stopped_precision TEXT NOT NULL,
	unclear           INTEGER NOT NULL,
	waived            INTEGER NOT NULL,
	lapsed            INTEGER NOT NULL,
	missed            INTEGER NOT NULL,
	paused            INTEGER,
	paused_precision  TEXT NOT NULL,
	resumed           INTEGER,
	resumed_precision TEXT NOT NULL,
	extended          INTEGER NOT NULL,
	open              INTEGER NOT NULL, -- neither stopped nor waived nor unclear nor suspended
	PRIMARY KEY (ref, n)
) WITHOUT ROWID;

-- Requests that a person be forgotten, but for those that were rejected.
CREATE TABLE erasures (
	ref                 TEXT PRIMARY KEY,
	reason              TEXT NOT NULL,
	asked               INTEGER,
	asked_precision     TEXT NOT NULL,
	asked_by            TEXT NOT NULL, -- the user
	hold                TEXT NOT NULL, -- why nothing may be erased
	approved            INTEGER,
	approved_precision  TEXT NOT NULL,
	completed           INTEGER,
	completed_precision TEXT NOT NULL
) WITHOUT ROWID;

-- Names and documents that the search index lacks because nobody can read them:
-- see domain.ErrUnreadable. Nothing of who was erased.
CREATE TABLE unreadable (
	ref TEXT NOT NULL,
	seq INTEGER NOT NULL, -- of the decision
	PRIMARY KEY (ref, seq)
) WITHOUT ROWID;

-- Who has looked at what, from the streams about access. Nothing of it is a fact
-- about a case, and no measure counts it.
CREATE TABLE accesses (
	seq    INTEGER NOT NULL,
	n      INTEGER NOT NULL,
	type   TEXT NOT NULL,
	at     INTEGER NOT NULL, -- unix milliseconds
	user   TEXT NOT NULL,
	role   TEXT NOT NULL,
	organisation TEXT NOT NULL,
	alarms TEXT NOT NULL,    -- code list access_alarm, each with a space before and after
	data   TEXT NOT NULL,    -- the event as JSON
	PRIMARY KEY (seq, n)
) WITHOUT ROWID;

-- Which cases each of them is about.
CREATE TABLE accessed (
	ref TEXT NOT NULL,
	seq INTEGER NOT NULL,
	n   INTEGER NOT NULL,
	PRIMARY KEY (ref, seq, n)
) WITHOUT ROWID;

CREATE TABLE glasses (
	ref   TEXT PRIMARY KEY, -- of the case
	state TEXT NOT NULL     -- domain.Accesses as JSON
) WITHOUT ROWID;

CREATE TABLE facilities (
	ref   TEXT PRIMARY KEY,
	state TEXT NOT NULL -- domain.Facility as JSON, without its beds: they name cases
) WITHOUT ROWID;
`

// triggers keep the totals, countStages makes them when all rows are made at once.
const (
	triggers = `
CREATE TRIGGER cases_added AFTER INSERT ON cases BEGIN
	INSERT INTO totals VALUES (NEW.stage, 1) ON CONFLICT (stage) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER cases_moved AFTER UPDATE OF stage ON cases WHEN NEW.stage <> OLD.stage BEGIN
	UPDATE totals SET n = n - 1 WHERE stage = OLD.stage;
	DELETE FROM totals WHERE n = 0;
	INSERT INTO totals VALUES (NEW.stage, 1) ON CONFLICT (stage) DO UPDATE SET n = n + 1;
END;
`
	countStages = `INSERT INTO totals SELECT stage, count(*) FROM cases GROUP BY stage;`
)

// indexes are made after the rows when all rows are made at once.
const indexes = `
CREATE INDEX facts_type ON facts (type, year);
CREATE INDEX cases_last ON cases (last_happened);
CREATE INDEX cases_stage ON cases (stage, last_happened);
CREATE INDEX cases_due ON cases (next_due, detected);
CREATE INDEX cases_closed ON cases (closed, next_due, detected);
CREATE INDEX cases_missing ON cases (missing, next_due, detected) WHERE missing = 1;
CREATE INDEX cases_handover ON cases (handover, next_due, detected) WHERE handover = 1;
CREATE INDEX cases_screening ON cases (screening, next_due, detected) WHERE screening = 1;
CREATE INDEX cases_decision ON cases (decision, next_due, detected) WHERE decision = 1;
CREATE INDEX cases_waiting ON cases (waiting, next_due, detected) WHERE waiting = 1;
CREATE INDEX cases_allowance ON cases (allowance, next_due, detected) WHERE allowance = 1;
CREATE INDEX cases_runs_out ON cases (runs_out) WHERE runs_out < 9223372036854775807;
CREATE INDEX access_organisation ON case_access (organisation, longest, until, stage);
CREATE INDEX access_relation ON case_access (organisation, relation, until);
CREATE INDEX accesses_at ON accesses (at);
CREATE INDEX accesses_user ON accesses (type, user, at);
CREATE INDEX places_organisation ON places (organisation, state, ref);
CREATE INDEX notices_organisation ON notices (organisation, until);
CREATE INDEX agenda_item ON agenda (item, since, ref);
CREATE INDEX deadlines_open ON deadlines (open, period, due) WHERE open = 1 AND period = 0;
CREATE INDEX deadlines_unmarked ON deadlines (open, period, missed, due) WHERE open = 1 AND period = 0 AND missed = 0;
`

// earlyIndexes are needed already while the rows of a whole log are made.
const earlyIndexes = `
CREATE INDEX facts_stream ON facts (kind, stream, seq);
CREATE INDEX revisions_stream ON revisions (stream);
CREATE INDEX facts_searched ON facts (stream, seq, n) WHERE ` + searched + `;
`

// schema identifies what the rows look like and what they are made by. A file
// with another one is made anew from the log: also one whose search index is of
// another key, which would find nobody. What stands for the key does not tell it.
func schema(keys Keys) (string, error) {
	key := hmac.New(sha256.New, keys.Search())
	key.Write([]byte("nrm views"))
	made, err := json.Marshal([]any{
		version, tables, triggers, indexes, earlyIndexes, blind.Schema, names.EveryGram(), key.Sum(nil),
		domain.Rules(), domain.Parameters(), domain.Holidays(), domain.CalendarYears(), domain.Codes("district"), domain.Regions(), domain.Codes("organisation"),
	})
	if err != nil {
		return "", fmt.Errorf("projections: schema: %w", err)
	}
	sum := sha256.Sum256(made)
	return hex.EncodeToString(sum[:]), nil
}
