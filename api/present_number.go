package api

import (
	"math"
	"strconv"
	"strings"

	"nrm/domain"
)

// marks are a language's signs between thousands and before decimals.
func (w words) marks() (thousands, decimal string) {
	switch w.lang {
	case "en":
		return ",", "."
	case "ru":
		return "\u00a0", ","
	}
	return ".", ","
}

// number writes a whole number: 1.234 in Azerbaijani, 1,234 in English.
func (w words) number(n int64) string {
	if n < 0 {
		return "−" + w.number(-n)
	}
	thousands, _ := w.marks()
	digits := strconv.FormatInt(n, 10)
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), thousands)
}

// decimal writes a number with at most one digit after the mark.
func (w words) decimal(v float64) string {
	if v < 0 {
		return "−" + w.decimal(-v)
	}
	tenths := int64(math.Round(v * 10))
	_, mark := w.marks()
	if tenths%10 == 0 {
		return w.number(tenths / 10)
	}
	return w.number(tenths/10) + mark + strconv.FormatInt(tenths%10, 10)
}

// money writes an amount in manat; qəpik only when there are any.
func (w words) money(q domain.Qepik) string { return w.number(int64(q)/100) + w.qepik(q) + " AZN" }

// amount is money as a form shows it and reads it again.
func (w words) amount(q domain.Qepik) string { return strconv.FormatInt(int64(q)/100, 10) + w.qepik(q) }

// qepik writes what is left of an amount beside whole manat.
func (w words) qepik(q domain.Qepik) string {
	if q%100 == 0 {
		return ""
	}
	_, mark := w.marks()
	return mark + pad2(int64(q)%100)
}

// measure writes a figure in its unit.
func (w words) measure(v float64, unit string) string {
	switch unit {
	case "percent":
		return w.decimal(v) + " %"
	case "qepik":
		return w.money(domain.Qepik(math.Round(v)))
	case "hours", "days":
		return w.T("unit.value."+unit, "Value", w.decimal(v))
	}
	return w.decimal(v)
}

// limit writes a time limit as the law puts it: 24 hours, 3 days.
func (w words) limit(value int, unit string) string {
	spans := map[string]string{"h": "hours", "d": "days", "wd": "working", "m": "months", "y": "years"}
	if span := spans[unit]; span != "" {
		return w.N("unit.span."+span, value)
	}
	return w.number(int64(value))
}

func pad2(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// parseMoney reads an amount in manat as people type it: digits, which spaces
// may part into groups of three, and behind a comma or a point one or two
// digits more. Anything else is refused: what one language writes between
// thousands, another writes before decimals.
func parseMoney(s string) (domain.Qepik, bool) {
	s = strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(strings.TrimSpace(s))
	whole, rest := s, "00"
	if i := strings.IndexAny(s, ".,"); i >= 0 {
		whole, rest = s[:i], s[i+1:]
		if len(rest) == 1 {
			rest += "0"
		}
	}
	groups := strings.Split(whole, " ")
	for i, g := range groups {
		if len(groups) > 1 && (i > 0 && len(g) != 3 || len(g) > 3) {
			return 0, false
		}
	}
	manat, err := strconv.ParseUint(strings.Join(groups, ""), 10, 40)
	if err != nil || groups[0] == "" || len(rest) != 2 {
		return 0, false
	}
	qepik, err := strconv.ParseUint(rest, 10, 8)
	return domain.Qepik(manat*100 + qepik), err == nil
}
