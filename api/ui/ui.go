// Package ui holds the parts that pages are made of, as templ components over
// typed structs.
//
// The package knows no language and no domain: texts arrive translated, and
// the few words that belong to a component itself ("Day", "Error:") come
// through T under the keys in locales/. It produces no inline script, no
// inline style and no event handler attributes, so that the strictest content
// security policy can be kept; every form works without JavaScript.
package ui

import (
	"context"
	"embed"
	"io"
	"io/fs"

	"github.com/a-h/templ"
)

//go:embed locales/*.json
var locales embed.FS

// Locales returns the words of the components themselves, one flat JSON object
// from key to text for each language: az.json, en.json, ru.json. The server
// loads them into the same catalogue as its own texts.
func Locales() fs.FS {
	sub, err := fs.Sub(locales, "locales")
	if err != nil { // only for a malformed name, and this one is fixed
		panic(err)
	}
	return sub
}

// T answers the text for a key in the reader's language. Components call it
// without arguments; the variadic part is for the pages' own texts.
type T func(key string, args ...any) string

// text is T for components: a nil T shows keys instead of failing, so that a
// page that forgot to set it is still a page.
func (t T) text(key string) string {
	if t == nil {
		return key
	}
	return t(key)
}

// Page is what every page has around its content.
type Page struct {
	Lang  string // BCP 47: az, en or ru
	Title string // of this page alone; never personal data, it stays in browser histories
	T     T

	User      *UserBar // nil before sign-in
	Nav       []NavItem
	Languages []LangLink
	Home      string // where the product's name leads; "/" if empty
	Back      *Link  // to the page above, shown over the content

	Notice *Notice // what has just happened, or what the reader must know first
	// Standing is what holds for every page of this server, and must not be
	// overlooked.
	Standing string
	Banner   string // a condition that holds for the whole page ("as known on 3 May 2026")
	Failed   bool   // a form on this page was refused: the title says so

	Exit string // address of a harmless site; set, it adds the button that leaves at once

	AssetsMissing bool // built without style and scripts: says what to do, and links to none
}

// UserBar tells the readers who they are to the system.
type UserBar struct {
	Name, Role, Organisation string
	Account                  string // address of the account page; may be empty
	SignOut                  string // address that a POST signs out at; may be empty
}

// NavItem is one entry of a navigation.
type NavItem struct {
	Text    string
	Href    string
	Current bool
	Count   string // a number beside the text, already formatted; may be empty
}

// LangLink leads to the same page in another language.
type LangLink struct {
	Lang    string // BCP 47
	Text    string // the language's name in itself
	Href    string
	Current bool
}

// Link is a text that leads somewhere.
type Link struct {
	Text, Href string
	Hidden     string // continues the text for screen readers ("change" + " date of admission")
}

// Notice is a message above the content.
type Notice struct {
	Success bool // it is done: announced at once; else it is only placed there
	Title   string
	Text    string
	Lines   []string
}

// Document is a whole page: the layout with these parts as its content, in
// their order.
func Document(p Page, parts ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return Layout(p).Render(templ.WithChildren(ctx, templ.Join(parts...)), w)
	})
}
