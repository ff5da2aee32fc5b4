package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"nrm/api/ui"
	"nrm/domain"
)

//go:embed locales/*/*.json
var localeFiles embed.FS

// Languages of the register, the one spoken unless the reader asks otherwise
// first. Names are in the language itself.
var languages = []struct {
	Code, Name string
	tag        language.Tag
}{
	{"az", "Azərbaycanca", language.Azerbaijani},
	{"en", "English", language.English},
	{"ru", "Русский", language.Russian},
}

const languageCookie = "nrm_language"

// catalogue holds the texts of all languages: the server's own and those of the
// components.
var catalogue = sync.OnceValue(func() map[string]*i18n.Localizer {
	bundle := i18n.NewBundle(languages[0].tag)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	all := map[string]*i18n.Localizer{}
	for _, l := range languages {
		for _, file := range textFiles(l.Code) {
			if _, err := bundle.ParseMessageFileBytes(file.data, l.Code+".json"); err != nil {
				panic(fmt.Sprintf("api: texts in %s: %v", l.Code, err)) // embedded: found by every test
			}
		}
	}
	for _, l := range languages {
		all[l.Code] = i18n.NewLocalizer(bundle, l.Code)
	}
	return all
})

type textFile struct {
	name string
	data []byte
}

// textFiles reads the files with a language's texts: that of the components, and
// one for each family of steps.
func textFiles(lang string) []textFile {
	read := func(from fs.FS, name string) textFile {
		data, err := fs.ReadFile(from, name)
		if err != nil {
			panic(fmt.Sprintf("api: texts in %s: %v", lang, err)) // embedded
		}
		return textFile{name, data}
	}
	files := []textFile{read(ui.Locales(), lang+".json")}
	names, err := fs.Glob(localeFiles, "locales/"+lang+"/*.json")
	if err != nil {
		panic(err) // only for a malformed pattern, and this one is fixed
	}
	for _, name := range names {
		files = append(files, read(localeFiles, name))
	}
	return files
}

// words speaks one language. Its zero value speaks Azerbaijani.
type words struct{ lang string }

// in gives the words of a language; of an unknown one, Azerbaijani.
func in(lang string) words {
	if _, ok := catalogue()[lang]; !ok {
		lang = languages[0].Code
	}
	return words{lang}
}

// T gives the text of a key. Args are pairs of a placeholder's name and its
// value. A key without a text shows as itself; tests see to it that there is
// none.
func (w words) T(key string, args ...any) string {
	return w.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: placeholders(args)})
}

// N is T for a text that depends on a number, which stands in it as {{.N}}.
func (w words) N(key string, n int, args ...any) string {
	data := placeholders(args)
	data["N"] = w.number(int64(n))
	return w.say(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n})
}

// has reports whether a key has a text.
func (w words) has(key string) bool {
	_, err := catalogue()[in(w.lang).lang].Localize(&i18n.LocalizeConfig{MessageID: key})
	return err == nil
}

func (w words) say(cfg *i18n.LocalizeConfig) string {
	text, err := catalogue()[in(w.lang).lang].Localize(cfg)
	if err != nil && text == "" {
		return cfg.MessageID
	}
	return text
}

// first gives the text of the first key that has one: an override before the
// general text.
func (w words) first(keys ...string) string {
	for _, k := range keys {
		if w.has(k) {
			return w.T(k)
		}
	}
	return ""
}

// code gives the label of a code on one of the domain's lists; a code that is
// no longer on the list shows as it was stored.
func (w words) code(list, code string) string {
	if c, ok := domain.CodeOf(list, code); ok {
		if label := c.In(w.lang); label != "" {
			return label
		}
	}
	return code
}

// codes gives the labels of several codes.
func (w words) codes(list string, codes []string) []string {
	labels := make([]string, len(codes))
	for i, c := range codes {
		labels[i] = w.code(list, c)
	}
	return labels
}

func placeholders(args []any) map[string]any {
	data := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		data[fmt.Sprint(args[i])] = args[i+1]
	}
	return data
}

var matcher = sync.OnceValue(func() language.Matcher {
	var tags []language.Tag
	for _, l := range languages {
		tags = append(tags, l.tag)
	}
	return language.NewMatcher(tags)
})

// wordsOf speaks the language a reader has chosen, or else the one their
// browser asks for.
func wordsOf(r *http.Request) words {
	if c, err := r.Cookie(languageCookie); err == nil {
		for _, l := range languages {
			if l.Code == c.Value {
				return words{l.Code}
			}
		}
	}
	asked, _, err := language.ParseAcceptLanguage(clip(r.Header.Get("Accept-Language"), 200))
	if err != nil || len(asked) == 0 {
		return words{languages[0].Code}
	}
	_, i, confidence := matcher().Match(asked...)
	if confidence == language.No {
		i = 0
	}
	return words{languages[i].Code}
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// ownPath keeps an address that a visitor sent to this site: a path, and never
// one that a browser reads as another host.
func ownPath(p string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.ContainsAny(p, "\\\r\n\t") {
		return "/"
	}
	return p
}
