package country

import (
	"fmt"
	"slices"
	"time"

	"nrm/domain"
)

// who is who a person is: what the register seals.
type who struct {
	nation
	sex                       string
	family, given, patronymic string // in the person's own letters
	born                      domain.Day
	last                      time.Time // when the mechanism met them
	as                        spelling  // how they were written down then
}

// meet says who the person of a case is: somebody new or, now and then, a woman
// whom the mechanism has met before, written in another way.
func (c *country) meet(p person, found time.Time) who {
	d := c.names
	on := domain.DayOf(found)
	if again := d.chance(0.08); again && p.age == "adult" && p.citizenship == "az" && len(c.met) > 0 {
		w := c.met[d.IntN(len(c.met))]
		apart := max(found.Sub(w.last), w.last.Sub(found))
		if w.sex == p.sex && w.born.Years(on) >= 18 && apart > 200*day {
			for before := w.as; w.as == before; {
				w.as = pick(d, own, english, cyrillic)
			}
			return w
		}
	}
	w := who{nation: nationOf(d, p), sex: p.sex, born: birthday(d, p.age, on), last: found}
	w.family, w.given, w.patronymic = w.called.named(d, p.sex)
	w.as = draw(d, []odds[spelling]{{78, own}, {12, english}, {10, cyrillic}})
	if p.country != "" || p.foreign() { // from a passport
		w.as = draw(d, []odds[spelling]{{4, own}, {5, english}, {1, cyrillic}})
	}
	if p.age == "adult" && p.citizenship == "az" && len(c.met) < 500 {
		c.met = append(c.met, w)
	}
	return w
}

// birthday is one that agrees with the age that the referral claims.
func birthday(d dice, age string, on domain.Day) domain.Day {
	years := draw(d, []odds[int]{{5, 18}, {9, 20}, {9, 22}, {8, 24}, {7, 26}, {6, 29}, {5, 32}, {4, 36}, {3, 41}, {1, 47}}) + d.IntN(3)
	switch age {
	case "child":
		years = d.between(8, 16)
	case "not_sure":
		years = d.between(15, 19)
	}
	y, m, day := on.Start().Date()
	return domain.NewDay(y-years, m, day).Add(-d.between(1, 360))
}

// identity is the name as written down, and the day of birth.
func (w who) identity() domain.IdentityFields {
	name := func(s string) domain.Words { return domain.Words(w.called.spelled(s, w.as)) }
	return domain.IdentityFields{FamilyName: name(w.family), GivenName: name(w.given), Patronymic: name(w.patronymic), BirthDate: w.born, Nationality: w.code}
}

// knowledge is how much the first report knows of a person.
type knowledge int

const (
	nothing knowledge = iota // found, and has not said a word
	aName                    // what others call the person
	partly                   // a name and perhaps a year
	papers                   // everything that a document says
)

// firstReport fills in what the referral knows.
func (w who) firstReport(d dice, p person, cmd *domain.RegisterReferral) knowledge {
	level := draw(d, []odds[knowledge]{{15, nothing}, {10, aName}, {22, partly}, {53, papers}})
	full := w.identity()
	switch level {
	case nothing:
		return level
	case aName:
		cmd.IdentityFields = domain.IdentityFields{GivenName: full.GivenName}
		if d.chance(0.4) {
			cmd.IdentityFields = domain.IdentityFields{OtherNames: full.GivenName}
		}
	case partly:
		full.BirthDate, full.BirthYear, full.Patronymic = domain.Day{}, w.born.Year(), ""
		if cmd.IdentityFields = full; d.chance(0.3) {
			cmd.BirthYear = 0
		}
	case papers:
		cmd.IdentityFields = full
		if d.chance(0.06) { // has been called otherwise
			other, _, _ := w.called.named(d, w.sex)
			cmd.OtherNames = domain.Words(w.called.spelled(other, w.as))
		}
		if d.chance(0.2) && !withheld(p) {
			cmd.DocumentFields = w.document(d, p)
		}
	}
	if d.chance(0.3) {
		cmd.ContactFields = contact(d)
	}
	if d.chance(0.22) {
		cmd.Notes = note(d, p)
	}
	return level
}

func withheld(p person) bool { return slices.Contains(p.circumstances, "documents_withheld") }

// document is one that the person has. No country gives such numbers.
func (w who) document(d dice, p person) domain.DocumentFields {
	kind := draw(d, []odds[string]{{5, "identity_card"}, {4, "passport"}})
	switch {
	case p.age == "child":
		kind = "birth_certificate"
	case w.code == "":
		return domain.DocumentFields{DocumentKind: "residence_permit", DocumentNumber: number(d), DocumentCountry: "AZ"}
	case w.code != "AZ" || p.country != "":
		kind = "passport"
	}
	return domain.DocumentFields{DocumentKind: kind, DocumentNumber: number(d), DocumentCountry: w.code}
}

func number(d dice) domain.Words { return domain.Words(fmt.Sprintf("X00%06d", d.IntN(1_000_000))) }

// contact is a way to reach the person that reaches nobody: there is no +994 00,
// and example.org is nobody's.
func contact(d dice) domain.ContactFields {
	phone := fmt.Sprintf("+994 00 %03d %02d %02d", d.IntN(1000), d.IntN(100), d.IntN(100))
	f := domain.ContactFields{ContactSafety: draw(d, []odds[string]{{4, "safe"}, {4, "only_caseworker"}, {2, "unsafe"}, {3, "unknown"}})}
	switch f.ContactKind = draw(d, []odds[string]{{7, "phone"}, {3, "messenger"}, {1, "email"}, {2, "through_person"}}); f.ContactKind {
	case "email":
		f.Contact = domain.Words(fmt.Sprintf("n%06d@example.org", d.IntN(1_000_000)))
	case "through_person":
		f.Contact = domain.Words(pick(d, "bacısı", "xalası", "qonşusu", "anası", "rəfiqəsi") + ", " + phone)
	default:
		f.Contact = domain.Words(phone)
	}
	return f
}

// address is one in a street that no town has.
func address(d dice) domain.Words {
	return domain.Words(fmt.Sprintf("%s küçəsi, ev 0, mənzil %d", pick(d, "Nümunə", "Sınaq", "Yoxlama", "Misal"), d.between(900, 999)))
}
