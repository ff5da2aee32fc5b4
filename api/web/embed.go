// Package web holds the style sheet, scripts and images that the pages use.
//
// They are built from src/ and from the npm packages named in
// package-lock.json into dist/, which is embedded but not committed. The
// program compiles and serves without them: Built then answers false and the
// pages say so.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is the path under which the server mounts Handler.
const Prefix = "/assets/"

//go:embed all:dist
var dist embed.FS

// FS returns the built files at its root: app.css, app.js, htmx.min.js, ...
func FS() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil { // only for a malformed name, and this one is fixed
		panic(err)
	}
	return built
}

// Built reports whether this binary was compiled with the assets in place.
// Where it answers false, `make assets` and a new build mend it.
func Built() bool {
	_, err := fs.Stat(FS(), "app.css")
	return err == nil
}

// URL returns the address of a built file. It ends in a digest of the file's
// content, so a browser may keep what it got for ever and still never shows an
// old file after an upgrade. A name that was not built gets a plain address.
func URL(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if v, ok := versions()[name]; ok {
		return Prefix + name + "?v=" + v
	}
	return Prefix + name
}

// Handler serves the built files; mount it at Prefix. It lists no folders and
// serves no hidden files. Only a request that names the current version may be
// cached for ever: any other is asked for again next time.
func Handler() http.Handler {
	files := http.FileServerFS(FS())
	return http.StripPrefix(strings.TrimSuffix(Prefix, "/"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := versions()[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"`+v+`"`)
		if r.URL.Query().Get("v") == v {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			w.Header().Set("Cache-Control", "no-cache")
		}
		files.ServeHTTP(w, r)
	}))
}

// versions maps every built file to the digest in its URL. build.mjs computes
// the same digest for the addresses it writes into style sheet and scripts.
var versions = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	err := fs.WalkDir(FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		data, err := fs.ReadFile(FS(), name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		out[name] = hex.EncodeToString(sum[:6])
		return nil
	})
	if err != nil { // the files are part of the binary
		panic(err)
	}
	return out
})
