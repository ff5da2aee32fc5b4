package domain

import (
	_ "embed"
	"slices"
	"sync"
)

// A GlossaryTerm is a word of the mechanism in the three languages of the register.
// Azerbaijani is the language of the law; the others are translations.
type GlossaryTerm struct {
	Text
	Reviewed bool `json:"reviewed,omitempty"` // the Azerbaijani words, all of them, occur in the Plan 2020-2024; the others need a native reviewer
}

//go:embed glossary.json
var glossaryFile []byte

var glossary = sync.OnceValue(func() []GlossaryTerm { return must(read[[]GlossaryTerm](glossaryFile)) })

// Glossary lists the terms of the mechanism: persons, steps, places, services,
// law, return, money, the plan. docs/glossary.md is made from it.
func Glossary() []GlossaryTerm { return slices.Clone(glossary()) }
