// Builds dist/ from src/ and from the packages in node_modules. Addresses
// inside the built files carry the digest of the file they name, as web.URL
// does for addresses in pages.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as sass from 'sass'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, 'dist')
const modules = join(here, 'node_modules')
const govuk = join(modules, 'govuk-frontend')
const moj = join(modules, '@ministryofjustice', 'frontend')

mkdirSync(dist, { recursive: true })
for (const name of readdirSync(dist)) {
  if (name !== '.keep') rmSync(join(dist, name), { recursive: true })
}

const version = (data) => createHash('sha256').update(data).digest('hex').slice(0, 12)

// put writes a built file and answers its name with its digest.
function put(name, data) {
  const file = join(dist, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, data)
  return `${name}?v=${version(readFileSync(file))}`
}

// Source maps are not shipped, so the comments that name them go too.
const text = (file) => readFileSync(file, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\n?/g, '\n')

// Scripts. Imports are resolved here: a browser knows no package names.
const core = put('govuk-frontend.min.js', text(join(govuk, 'dist/govuk/govuk-frontend.min.js')))
const table = put(
  'sortable-table.js',
  text(join(moj, 'moj/components/sortable-table/sortable-table.mjs'))
    .replaceAll("from 'govuk-frontend'", `from './${core}'`)
)
put('app.js', text(join(here, 'src/app.js'))
  .replaceAll("'./govuk-frontend.min.js'", `'./${core}'`)
  .replaceAll("'./sortable-table.js'", `'./${table}'`))
put('htmx.min.js', text(join(modules, 'htmx.org/dist/htmx.min.js')))

// Style sheet, with exactly the images it asks for.
const { css } = sass.compile(join(here, 'src/app.scss'), {
  loadPaths: [here, modules],
  quietDeps: true,
  style: 'compressed'
})
const images = new Set()
put('app.css', css.replaceAll(/url\(["']?\/assets\/(images\/[\w.-]+)["']?\)/g, (_, name) => {
  images.add(name)
  return `url(/assets/${put(name, readFileSync(join(moj, 'moj/assets', name)))})`
}))
put('icon.svg', readFileSync(join(here, 'src/icon.svg')))

// The licences of what is shipped travel with it. A package that brings no
// licence file names its licence and its author in package.json.
put('licences.txt', [govuk, moj, join(modules, 'htmx.org')].map((dir) => {
  const about = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
  const file = ['LICENSE', 'LICENSE.txt', 'LICENSE.md'].map((n) => join(dir, n)).find(existsSync)
  const terms = file
    ? readFileSync(file, 'utf8').trim()
    : `Copyright ${about.author?.name ?? about.author}\n\n${licence(about.license)}`
  return `${about.name} ${about.version} (${about.license})\n\n${terms}\n`
}).join('\n----\n\n'))

function licence(name) {
  if (name !== 'MIT') throw new Error(`no text for the licence ${name}`)
  return `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`
}

// Names and marks that belong to another government must not come through,
// and nothing may be fetched from elsewhere.
const forbidden = /GDS Transport|gov\.uk|crest|crown|logotype|opengraph|@font-face|url\(["']?(https?:)?\/\/|@import/i
for (const [name, text] of [['app.css', readFileSync(join(dist, 'app.css'), 'utf8')], ['images', [...images].join(' ')]]) {
  const found = text.match(forbidden)
  if (found) throw new Error(`${name} contains ${found[0]}`)
}
console.log(`dist: ${readdirSync(dist, { recursive: true }).filter((n) => n !== '.keep').join(' ')}`)
