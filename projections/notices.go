package projections

import (
	"context"
	"database/sql"
	"time"

	"nrm/domain"
)

// A Notice tells an organisation that a consent is over by which it has data: see
// [domain.ConsentOver]. It holds nothing else of the case, which need not be open to
// the reader any more.
type Notice struct {
	Ref      domain.Ref
	Purpose  string     // code list "consent_purpose"
	Service  string     // code list "service", for the purpose "service"
	Deletion string     // code list "consent_deletion": what the consent says becomes of the data
	Day      domain.Day // the last day of the consent, or the day on which it was taken back
}

// Notices lists what the actor's organisation is told now, to the roles that had the
// case, the oldest first, and how many there are. A limit of 0 means 50; 200 is the
// most.
func (v *Views) Notices(ctx context.Context, by domain.Actor, now time.Time, limit, offset int) (list []Notice, total int, err error) {
	where := condition{
		` FROM notices WHERE organisation = ? AND until > ? AND since <= ? AND instr(roles, ?) > 0`,
		[]any{by.Organisation, now.UnixMilli(), now.UnixMilli(), " " + string(by.Role) + " "},
	}
	limit, offset = page(limit, offset)
	err = v.within(ctx, func(tx *sql.Tx) (err error) {
		if total, err = number(ctx, tx, `SELECT count(*)`+where.sql, where.args...); err != nil {
			return err
		}
		list, err = collect(ctx, tx, func(row *sql.Rows) (n Notice, err error) {
			var ref, day string
			if err := row.Scan(&ref, &n.Purpose, &n.Service, &n.Deletion, &day); err != nil {
				return n, err
			}
			n.Ref = domain.Ref(ref)
			n.Day, err = domain.ParseDay(day)
			return n, err
		}, `SELECT ref, purpose, service, deletion, day`+where.sql+` ORDER BY since, ref, n LIMIT ? OFFSET ?`, append(where.args, limit, offset)...)
		return err
	})
	return list, total, wrap(err, "notices")
}

// A noticeRow is a row of notices, but for the reference.
type noticeRow struct {
	organisation, roles             string // each role with a space before and after
	purpose, service, deletion, day string
	since, until                    int64
}

const noticeColumns = `ref, n, organisation, roles, purpose, service, deletion, day, since, until`

func noticeOf(o domain.ConsentOver) noticeRow {
	roles := " "
	for _, r := range o.Roles {
		roles += string(r) + " "
	}
	return noticeRow{o.Organisation, roles, o.Purpose, o.Service, o.Deletion, o.Day.String(), o.From.UnixMilli(), o.Until.UnixMilli()}
}

func appendNotice(columns []any, ref domain.Ref, n int, r noticeRow) []any {
	return append(columns, string(ref), n, r.organisation, r.roles, r.purpose, r.service, r.deletion, r.day, r.since, r.until)
}
