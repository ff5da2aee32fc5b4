// Improves pages that already work without it: components of the two design
// systems, on the whole page and on every part that htmx brings in later.
import {
  createAll,
  isSupported,
  Button,
  Checkboxes,
  ErrorSummary,
  ExitThisPage,
  NotificationBanner,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs
} from './govuk-frontend.min.js'
import { SortableTable } from './sortable-table.js'

const components = [
  Button,
  Checkboxes,
  ErrorSummary,
  ExitThisPage,
  NotificationBanner,
  Radios,
  ServiceNavigation,
  SkipLink,
  SortableTable,
  Tabs
]

function start(scope) {
  for (const component of components) createAll(component, undefined, scope)
}

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) {
  document.body.classList.add('govuk-frontend-supported')
}
if (isSupported()) {
  start(document)
  // htmx says so once for the page itself, and then for each part it loads.
  document.addEventListener('htmx:load', (event) => {
    if (event.target !== document.body) start(event.target)
  })
}
