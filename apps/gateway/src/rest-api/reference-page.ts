import { escapeHtml } from '../http/escape-html.ts'
import { makeReference, type Operation } from './reference.ts'
import type { Row } from './schema-rows.ts'

/**
 * Returns the page with the reference of the admin API. It works without scripts.
 *
 * @param base - path prefix of the external address, without a slash at the end.
 */
export function referencePage(base: string): string {
  const { nouns, shapes, refusals } = makeReference()
  const at = escapeHtml(base)
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Admin API · Yardmaster</title>
    <link rel="icon" type="image/svg+xml" href="${at}/icon.svg">
    <link rel="stylesheet" href="${at}/api-reference.css">
  </head>
  <body>
    <nav aria-label="Contents">
      <p><a href="#top">Admin API</a></p>
      ${nouns.map(({ name }) => `<a href="#${name}">${name}</a>`).join('\n      ')}
      <a href="#shapes">Shapes</a>
      <a href="#refusals">Refusals</a>
    </nav>
    <main id="top">
      <h1>Admin API</h1>
      <p>Send <code>Authorization: Bearer</code> with an administrator’s token. Times are ISO 8601 in UTC, durations
      seconds, sizes bytes. Documents for programs: <a href="${at}/api/openapi.json">OpenAPI of this API</a>,
      <a href="${at}/api/runner-openapi.json">OpenAPI of the runner protocol</a>.</p>
      ${nouns.map(({ name, operations }) => `<h2 id="${name}">${name}</h2>${operations.map(operationHtml).join('')}`).join('\n')}
      <h2 id="shapes">Shapes</h2>
      ${shapes.map(({ name, rows }) => `<h3 id="${name}">${name}</h3>${rowsHtml(rows)}`).join('\n')}
      <h2 id="refusals">Refusals</h2>
      <p>A refusal is a problem document (<a href="#Problem">Problem</a>). … stands for a value in the sentence.</p>
      ${tableHtml(
        ['kind', 'status', 'sentence'],
        refusals.map(({ kind, status, sentence }) => [
          `<code id="${kind}">${kind}</code>`,
          String(status),
          escapeHtml(sentence),
        ]),
      )}
    </main>
  </body>
</html>
`
}

function operationHtml(one: Operation): string {
  const answer = one.answer === '' ? 'no body' : linked(one.answer, one.answerShapes)
  const refuses = one.refuses.map(({ kind }) => `<a href="#${kind}"><code>${kind}</code></a>`).join(', ')
  return `
      <section id="${one.procedure}">
        <h3>${one.procedure}</h3>
        <p>${withCode(one.summary)}</p>
        <p class="route"><b>${one.method}</b> <code>${escapeHtml(one.path)}</code></p>
        ${one.input.length === 0 ? '' : inputHtml(one)}
        <p>${one.kind === 'subscription' ? 'Sends events' : `Answers ${one.status}`}: ${answer}.${refuses && ` Refuses: ${refuses}.`}</p>
        <details><summary>Example</summary><pre tabindex="0">${escapeHtml(one.example)}</pre></details>
      </section>`
}

const inputHtml = ({ input }: Operation): string =>
  tableHtml(
    ['input', 'in', 'type', 'notes'],
    input.map((row) => [
      `<code>${escapeHtml(row.name)}</code>`,
      row.place,
      linked(row.type, row.shapes),
      withCode(row.note),
    ]),
  )

const rowsHtml = (rows: readonly Row[]): string =>
  tableHtml(
    ['member', 'type', 'notes'],
    rows.map((row) => [`<code>${escapeHtml(row.name)}</code>`, linked(row.type, row.shapes), withCode(row.note)]),
  )

const tableHtml = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="scroll" tabindex="0"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table></div>`

/** Escapes a text and turns parts between backticks into code. */
const withCode = (text: string): string =>
  escapeHtml(text).replaceAll(/`([^`]+)`|&#96;(.+?)&#96;/g, '<code>$1$2</code>')

const linked = (type: string, shapes: readonly string[]): string =>
  shapes.reduce((text, shape) => text.replace(shape, `<a href="#${shape}">${shape}</a>`), withCode(type))
