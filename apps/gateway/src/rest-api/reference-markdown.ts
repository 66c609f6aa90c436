import { type DocumentedKind, makeReference, type Operation } from './reference.ts'
import type { Row } from './schema-rows.ts'

/** Returns a link that is relative to the document. @param cited - path from the root of the repository. */
const link = (text: string, cited: string): string => `[${text}](${cited.replace(/^docs\//, '')})`

const INTRODUCTION = `# Admin API

Generated from the procedures of the gateway and the shapes of their answers. A test fails when it is stale;
\`vitest run apps/gateway/src/rest-api/reference-markdown.test.ts -u\` rewrites it.

Every procedure is available in two ways, with the same sign-in, limits and audit events:

- **REST**: the path given for each procedure, with members of the input in path, query or body.
  \`/api/openapi.json\` is its OpenAPI document, \`/api/docs\` shows this reference, and
  ${link('decision 13', 'docs/decisions/0013-rest-over-the-same-procedures.md')} explains how it is made.
- **tRPC 11** without a data transformer: \`GET /trpc/jobs.get?input={"id":1}\` for queries and subscriptions,
  \`POST /trpc/jobs.cancel\` with the input as JSON for mutations, and for queries whose input is too long for an
  address.

Send \`Authorization: Bearer\` with an administrator's token. Times are ISO 8601 in UTC, durations seconds, sizes bytes.
Lists take \`limit\` and \`cursor\`, which is the \`nextCursor\` of the previous page.
Size limits: ${link('Running Yardmaster', 'docs/operations.md#limits')}.
`

const REFUSED = `## Refusals

Over REST a refusal is a problem document ([Problem](#problem)), over tRPC \`error.data.refusal\` has \`kind\`, \`fields\` and
\`details\`. Any procedure may refuse with \`unauthenticated\`, \`input_invalid\`, \`body_invalid\`, \`body_too_large\`,
\`body_too_slow\` or \`internal_error\`, and a change by a session with \`cross_site\`. A request that HTTP or tRPC cannot
process is refused as \`request_invalid\`, with a fitting status. \`…\` stands for a value in the sentence.
`

/** Returns the text of `docs/admin-api.md`. */
export function referenceMarkdown(): string {
  const { nouns, shapes, refusals } = makeReference()
  return `${[
    INTRODUCTION,
    ...nouns.map(({ name, operations }) => [`## ${name}\n`, ...operations.map(operation)].join('\n')),
    '## Shapes\n',
    ...shapes.map(({ name, rows }) => `### ${name}\n\n${table(['member', 'type', ''], rows.map(shapeRow))}\n`),
    REFUSED,
    table(['kind', 'status', 'tRPC', 'sentence'], refusals.map(refusalRow)),
  ].join('\n')}\n`
}

function operation(one: Operation): string {
  return [
    `### ${one.procedure}\n`,
    `${one.summary}\n`,
    `${KINDS[one.kind]}, \`${one.method} ${one.path}\`.\n`,
    ...(one.input.length > 0 ? [`${table(['input', 'in', 'type', ''], one.input.map(inputRow))}\n`] : []),
    `${answer(one)}\n`,
    ...(one.refuses.length > 0
      ? [`${filled(`Refuses: ${one.refuses.map(({ kind }) => `\`${kind}\``).join(', ')}.`)}\n`]
      : []),
    `\`\`\`http\n${one.example}\n\`\`\`\n`,
  ].join('\n')
}

const LINE_CHARACTERS = 120

/** Breaks a paragraph into lines. */
function filled(paragraph: string): string {
  const lines: string[] = []
  for (const word of paragraph.split(' ')) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trimStart()
    if (lines.length > 0 && longer.length <= LINE_CHARACTERS) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.join('\n')
}

const KINDS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const

function answer({ kind, status, answer: type, answerShapes }: Operation): string {
  if (type === '') return `Answers ${status} without a body.`
  const linked = withLinks(type, answerShapes)
  return kind === 'subscription' ? `Sends events: ${linked}.` : `Answers ${status}: ${linked}.`
}

const inputRow = (row: Operation['input'][number]) => [`\`${row.name}\``, row.place, typeIn(row), row.note]
const shapeRow = (row: Row) => [`\`${row.name}\``, typeIn(row), row.note]
const refusalRow = ({ kind, status, code, sentence }: DocumentedKind) => [
  `\`${kind}\``,
  String(status),
  `\`${code}\``,
  sentence,
]

const typeIn = ({ type, shapes }: Row): string => withLinks(type, shapes)

const withLinks = (type: string, shapes: readonly string[]): string =>
  shapes.reduce((text, shape) => text.replace(shape, `[${shape}](#${shape.toLowerCase()})`), type)

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows.map((row) => row.map(cell))].map((row) => `| ${row.join(' | ')} |`).join('\n')

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
