// Package domain holds the rules of a National Referral Mechanism for victims
// of trafficking in human beings: what may be recorded, who may record it, what
// follows from it and by when.
//
// It does no I/O, reads no clock and knows no language. Everything a rule needs
// is in the command, in the [Request] or in the history of the stream. Four
// kinds of stream share one mechanism ([Event], [Command], [Fold], [Execute]):
// a [Case] is one person in the mechanism, a [Facility] is one shelter or
// assistance centre, an [Action] is one action of the National Action Plan, a
// [Call] is one call to a hotline. A decision over several of them is a [Joint].
//
// Three codes for a person must never be confused: presumed ("zərər çəkməsi
// ehtimal olunan"), identified ("zərər çəkmiş") and at risk ("potensial
// qurban").
package domain
