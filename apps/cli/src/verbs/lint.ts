import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checked } from '../answers.ts'
import type { Lint } from '../client.ts'
import { type ExitStatus, localFailure } from '../failure.ts'
import { type LintFor, lintHere } from '../lint/lint-here.ts'
import { openWorkingTree, type WorkingTree } from '../lint/working-tree.ts'
import { type Column, tableOf } from '../table.ts'
import { projectIdOf, type ServerTools, type Tools } from '../tools.ts'
import { manyLines, oneLine, safeJson } from '../visible.ts'

export interface LintOptions {
  readonly merged?: true
  readonly json?: true
  readonly ref?: string
  readonly tag?: string
  readonly source: string
  readonly var?: readonly { readonly key: string; readonly value: string }[]
  /** Asks the server in any case. */
  readonly server?: true
  /** Never asks the server. */
  readonly offline?: true
  readonly project?: string
}

const DEFAULT_FILE = '.gitlab-ci.yml'

/**
 * `lint`: checks a configuration, here. Only when it includes what a server alone can read, and there is one, that is
 * asked instead.
 *
 * @param openServer - opens the server; null when the user is not logged in to any.
 */
export async function lint(
  tools: Tools,
  given: string | undefined,
  options: LintOptions,
  openServer: () => Promise<ServerTools>,
): Promise<ExitStatus> {
  const file = given ?? DEFAULT_FILE
  const text = file === '-' ? await readInput() : readConfiguration(file)
  const tree = await openWorkingTree(file === '-' ? process.cwd() : dirname(resolve(file)))
  const request: LintFor = {
    ref: options.tag ?? options.ref ?? tree.branch ?? tree.defaultBranch ?? 'main',
    isTag: options.tag !== undefined,
    source: options.source,
    variables: options.var ?? [],
  }
  const asked = options.server || options.project !== undefined
  if (asked && options.offline) throw localFailure('--offline and --server contradict each other.')
  const here = await lintHere(text, tree, request)
  let found = here.lint
  if (asked || (here.elsewhere.length > 0 && !options.offline)) {
    const server = asked ? await openServer() : await openServer().catch(() => null)
    if (server) found = await lintThere(server, { text, tree, request, options })
    else sayWhatIsMissing(tools, here.elsewhere)
    if (server && !asked) tools.terminal.say(`Checked by ${server.target.url}: ${here.elsewhere[0]} is read there.`)
  } else sayWhatIsMissing(tools, here.elsewhere)
  await write(tools, file === '-' ? 'standard input' : file, found, options)
  return found.valid ? 0 : 1
}

async function readInput(): Promise<string> {
  let text = ''
  for await (const piece of process.stdin.setEncoding('utf8')) text += piece
  return text
}

function readConfiguration(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw localFailure(`${file} cannot be read: ${(error as Error).message}.`, 'yardmaster lint FILE')
  }
}

function sayWhatIsMissing({ terminal }: Tools, elsewhere: readonly string[]): void {
  for (const include of elsewhere) terminal.say(`${include} cannot be read offline.`)
  if (elsewhere.length > 0) terminal.say('A server can: yardmaster login URL, then yardmaster lint')
}

/** Files that the server takes with a configuration. */
const MOST_FILES = 1_000

async function lintThere(
  tools: ServerTools,
  { text, tree, request, options }: { text: string; tree: WorkingTree; request: LintFor; options: LintOptions },
): Promise<Lint> {
  const paths = [...tree.read.keys(), ...Object.keys(tree.files).filter((path) => !tree.read.has(path))]
  if (paths.length > MOST_FILES) {
    tools.terminal.say(
      `The server is told of ${MOST_FILES} of ${paths.length} files; \`exists\` does not see the others.`,
    )
  }
  // The names alone are enough for `exists`.
  const files = Object.fromEntries(paths.slice(0, MOST_FILES).map((path) => [path, tree.read.get(path) ?? '']))
  const { ref, isTag, source, variables } = request
  const answer = await tools.client.pipelines.lint.query({
    content: text,
    files,
    ref,
    ...(isTag && { tag: true }),
    source: source as 'push',
    variables: [...variables],
    ...(options.project !== undefined && { projectId: await projectIdOf(tools, options.project) }),
  })
  return checked(answer, { valid: 'boolean', errors: 'list', warnings: 'list', jobs: 'list', merged: 'string?' })
}

async function write({ terminal, output }: Tools, file: string, found: Lint, options: LintOptions): Promise<void> {
  if (options.json || output === 'json' || output === 'jsonl') {
    return await terminal.out(`${safeJson(found, output === 'jsonl' ? undefined : 2)}\n`)
  }
  const faults = [
    ...found.errors.map((fault) => faultLine(file, fault, terminal.paint('error', 'red'))),
    ...found.warnings.map((fault) => faultLine(file, fault, terminal.paint('warning', 'yellow'))),
  ].join('')
  if (options.merged && found.merged !== null) {
    if (faults !== '') terminal.complain(faults.trimEnd())
    return await terminal.out(manyLines(found.merged))
  }
  await terminal.out(faults)
  if (output === 'name') return await terminal.out(includedNames(found))
  const count = found.jobs.filter(({ included }) => included).length
  if (found.jobs.length > 0) await terminal.out(tableOf(terminal, COLUMNS, found.jobs))
  const verdict = found.valid ? `is valid: ${count} of ${found.jobs.length} jobs.` : 'makes no pipeline.'
  terminal.say(`${file} ${verdict}`)
}

const includedNames = ({ jobs }: Lint): string =>
  jobs.flatMap(({ name, included }) => (included ? [`${oneLine(name)}\n`] : [])).join('')

const COLUMNS: readonly Column<Lint['jobs'][number]>[] = [
  { title: 'JOB', cell: ({ name }) => name },
  { title: 'STAGE', cell: ({ stage }) => stage },
  {
    title: 'IN',
    cell: ({ included }) => (included ? 'yes' : 'no'),
    paint: ({ included }) => (included ? 'green' : 'dim'),
  },
  { title: 'WHEN', cell: ({ when }) => when },
  { title: 'WHY', cell: ({ reason }) => reason },
]

/** As compilers write it, so that editors find the place. */
function faultLine(
  given: string,
  { message, file, line, column, hint, path }: Lint['errors'][number],
  kind: string,
): string {
  const place = [file ?? given, line, column].filter((part) => part !== null).join(':')
  const where = line === null && path.length > 0 ? ` (${path.join(':')})` : ''
  const more = hint === null ? '' : `  ${oneLine(hint)}\n`
  return `${oneLine(place)}: ${kind}: ${oneLine(message)}${oneLine(where)}\n${more}`
}
