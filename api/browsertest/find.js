// Finds an element of the page by what a person reads at it. Answers null if
// there is none. Exact text goes before a text that only begins so.
(how, ...args) => {
  const fold = (s) => (s ?? '').replace(/\s+/g, ' ').trim()
  const shown = (e) => e.getClientRects().length > 0
  const pick = (list, text, read) => {
    const all = [...list]
    const want = fold(text)
    return all.find((e) => read(e).some((s) => fold(s) === want)) ??
      all.find((e) => read(e).some((s) => fold(s).startsWith(want) && want !== '')) ?? null
  }
  const labels = (e) => [...(e.labels ?? [])].map((l) => l.innerText)
  const questions = () => document.querySelectorAll('fieldset')
  const question = (text) => pick(questions(), text, (f) => [f.querySelector('legend')?.innerText])
  switch (how) {
    case 'field':
      return pick(
        [...document.querySelectorAll('input:not([type=hidden],[type=radio],[type=checkbox]), textarea, select')].filter(shown),
        args[0], (e) => [...labels(e), e.getAttribute('aria-label'), e.name, e.id])
    case 'option': {
      const field = pick(document.querySelectorAll('select'), args[0], (e) => [...labels(e), e.name, e.id])
      return field && pick(field.options, args[1], (o) => [o.text])
    }
    case 'question':
      return question(args[0])
    case 'choice': {
      const within = args[1] === undefined ? document : question(args[1])
      const input = within && pick(within.querySelectorAll('input[type=radio], input[type=checkbox]'), args[0], labels)
      return input && input.labels[0]
    }
    case 'button':
      return pick([...document.querySelectorAll('button, input[type=submit], [role=button], [role=tab], summary')].filter(shown), args[0],
        (e) => [e.innerText, e.value, e.getAttribute('aria-label')]) ??
        pick([...document.querySelectorAll('a[href]')].filter(shown), args[0], (e) => [e.innerText, e.getAttribute('aria-label')])
    case 'link':
      return pick([...document.querySelectorAll('a[href]')].filter(shown), args[0], (e) => [e.innerText, e.getAttribute('aria-label')])
  }
  return null
}
