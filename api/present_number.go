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
func (w words) money(q domain.Qepik) string { return w.amount(q) + " AZN" }

// amount is money without its currency, as a form shows it.
func (w words) amount(q domain.Qepik) string {
	_, mark := w.marks()
	whole, rest := int64(q)/100, int64(q)%100
	if rest == 0 {
		return w.number(whole)
	}
	return w.number(whole) + mark + pad2(rest)
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
	switch unit {
	case "h":
		return w.N("unit.span.hours", value)
	case "d":
		return w.N("unit.span.days", value)
	}
	return w.number(int64(value))
}

func pad2(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}

// parseMoney reads an amount as people type it in any of the languages: 700,
// 700.5, 1 234,50, 1.234,50. Signs between thousands must stand where they do,
// so that a slip does not become a hundred times as much.
func parseMoney(s string) (domain.Qepik, bool) {
	s = strings.TrimSuffix(strings.TrimSpace(s), "AZN")
	s = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "").Replace(s)
	whole, rest := s, ""
	if i := strings.LastIndexAny(s, ".,"); i >= 0 && len(s)-i-1 <= 2 {
		whole, rest = s[:i], s[i+1:]
		if rest == "" {
			return 0, false
		}
	}
	if i := strings.IndexAny(whole, ".,"); i >= 0 {
		groups := strings.Split(whole, whole[i:i+1])
		for j, g := range groups {
			if j > 0 && len(g) != 3 || j == 0 && (len(g) == 0 || len(g) > 3) {
				return 0, false
			}
		}
		whole = strings.Join(groups, "")
	}
	if len(rest) == 1 {
		rest += "0"
	}
	manat, err := strconv.ParseUint(whole, 10, 40)
	if err != nil {
		return 0, false
	}
	qepik := uint64(0)
	if rest != "" {
		if qepik, err = strconv.ParseUint(rest, 10, 8); err != nil {
			return 0, false
		}
	}
	return domain.Qepik(manat*100 + qepik), true
}
