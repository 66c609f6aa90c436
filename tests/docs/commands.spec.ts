import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readOptions } from '../chaos/options.ts'
import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'
import { Gateway, temporaryDirectory } from '../support/gateway.ts'
import { gitIn } from '../support/git.ts'
import { commandsInBlocks, documentedCommands, ROOT } from './command-blocks.ts'
import { plainPath } from './oldest-node.ts'
import { prepareFor, statusOf } from './yardmaster-commands.ts'

interface Ended {
  readonly code: number | null
  readonly output: string
}

interface Scene {
  readonly gateway: Gateway
  /** Runs a line as typed by a person, in the root of the repository, until it ends or has printed `until`. */
  readonly type: (line: string, options?: { env?: Record<string, string>; until?: RegExp }) => Promise<Ended>
}

type Proof = (command: string, scene: Scene) => Promise<void>

const { path, version } = plainPath()

/** The variables that name the servers of this run, so that no command has to start its own. */
const SERVERS = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(TEST_|AWS_|CHROMIUM_BIN)/.test(name)),
)

const running = new Set<ChildProcess>()
// Cleans up after a test that ran out of time, too.
test.afterEach(() => {
  for (const { pid } of running) process.kill(-(pid ?? 0), 'SIGTERM')
})

const type: Scene['type'] = async (line, { env = {}, until } = {}) => {
  const child = spawn('sh', ['-c', line], {
    cwd: ROOT,
    env: { HOME: process.env.HOME, ...SERVERS, ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Signals go to all processes that it starts.
    detached: true,
  })
  running.add(child)
  let output = ''
  let stopping = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (!until?.test(output) || stopping) return
      stopping = true
      process.kill(-(child.pid ?? 0), 'SIGTERM')
    })
  }
  child.once('close', () => running.delete(child))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

/** Adds arguments with which the program only says what it would do. */
const worksWith =
  (added: string, said: RegExp): Proof =>
  async (command, { type }) => {
    const { code, output } = await type(`${command} ${added}`)
    expect(code, output).toBe(0)
    expect(output).toMatch(said)
  }

/** For commands that take minutes or write into the repository: checks only that the script and its files exist. */
const resolves: Proof = async (command) => {
  const name = /npm (?:run )?([\w:-]+)/.exec(command)?.[1] ?? ''
  const script = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts[name]
  expect(script, `package.json has no script ${name}`).toBeDefined()
  if (!script?.startsWith('node scripts/run.mjs ')) return
  const started = script.slice('node scripts/run.mjs '.length)
  const source = readFileSync(join(ROOT, 'scripts/run.mjs'), 'utf8')
  const entry = new RegExp(`^ {2}'?${started}'?: \\[([^\\]]*)\\]`, 'm').exec(source)?.[1]
  expect(entry, `scripts/run.mjs knows no ${started}`).toBeDefined()
  const files = [...(entry ?? '').matchAll(/'([^']+\.(?:ts|mjs))'/g)].map(([, file = '']) => file)
  expect(files).not.toEqual([])
  for (const file of files) expect(existsSync(join(ROOT, file)), file).toBe(true)
}

/** Stops it as soon as it has said how much changed. */
const findsWhatChanged: Proof = async (command, { type }) => {
  const said = /(?:Nothing has|1 file has|\d+ files have) changed since HEAD\./
  const { output } = await type(command, { until: said })
  expect(output).toMatch(said)
}

const argumentsOf = (command: string): string[] => (command.split(' -- ')[1] ?? '').split(' ').filter(Boolean)

const starts: Proof = async (command, { type }) => {
  const directory = await freshDataDir({})
  const env = { DATA_DIR: directory.path, PORT: '0' }
  const { output } = await type(command, { env, until: /Register a runner/ })
  expect(output).toContain('Yardmaster is at')
  await directory.dispose()
}

/** Checks that it finds the gateway and ends because the token is wrong; the whole demo has a test of its own. */
const demonstrates: Proof = async (command, { gateway, type }) => {
  const env = { PORT: new URL(gateway.url).port, ADMIN_TOKEN: 'ymat-of-another-installation' }
  const { code, output } = await type(command, { env })
  expect(code, output).toBe(1)
  expect(output).toContain(gateway.url.replace('http://', ''))
}

const hasOptionsOfChaos: Proof = async (command, scene) => {
  await resolves(command, scene)
  expect(readOptions(argumentsOf(command)).forms).not.toEqual([])
}

/** Checks that an unknown row makes it list the rows. */
const hasRowsOfBench: Proof = async (command, scene) => {
  await resolves(command, scene)
  const { output } = await scene.type('npm run with-servers -- node tests/bench/main.ts no-such-row')
  const rows = /The rows are ([\w, -]+)\./.exec(output)?.[1]?.split(', ') ?? []
  expect(rows, output).toEqual(expect.arrayContaining(argumentsOf(command)))
}

const sendsSomeRequests: Proof = async (command, scene) => {
  const line = command.replace(/ N\b/, ' 20').replace(/ S\b/, ' 1')
  const { code, output } = await scene.type(line.includes(' 20') ? line : `${line} --requests 20`)
  expect(code, output).toBe(0)
  expect(output).toContain('20 requests')
}

/** Lists the tests without loading them. */
const listsUnitTests: Proof = async (command, { type }) => {
  const { code, output } = await type(`${command.replace(' -- ', ' -- list ')} --filesOnly`)
  expect(code, output).toBe(0)
  expect(output).toContain('packages/domain/src/jobs/matching.test.ts')
}

const listsTestsOfTheGateway: Proof = async (command, { type }) => {
  const { code, output } = await type(command.replace('vitest run', 'vitest list --filesOnly'))
  expect(code, output).toBe(0)
  expect(output).toContain('apps/gateway/src/config.test.ts')
}

const lists = worksWith('--list', /Total: \d+ tests? in \d+ files?/)

/** Calls the admin API of a gateway. */
const answers =
  (answer: RegExp): Proof =>
  async (command, { gateway, type }) => {
    const { code, output } = await type(command, { env: { YARDMASTER: gateway.url, ADMIN_TOKEN: gateway.adminToken } })
    expect(code, output).toBe(0)
    expect(output).toMatch(answer)
  }

const putsThePinnedNodeFirst: Proof = async (command, { type }) => {
  const { output } = await type(`${command}; node --version`)
  expect(output.trim()).toBe(process.version)
}

/** Runs it in an empty directory, where it writes `.env`, and checks that the compose file gets all its variables. */
const makesSecrets: Proof = async (command, { type }) => {
  const directory = await temporaryDirectory()
  const { code, output } = await type(`cd ${directory.path} && ${command}`)
  expect(code, output).toBe(0)
  const file = join(directory.path, '.env')
  expect(statSync(file).mode & 0o077).toBe(0)
  const made = parseEnv(readFileSync(file, 'utf8'))
  const compose = readFileSync(join(ROOT, 'compose.yaml'), 'utf8')
  const wanted = new Set([...compose.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name))
  expect(Object.keys(made).sort()).toEqual([...wanted].sort())
  const { ADMIN_TOKEN = '', REGISTRATION_TOKEN = '', ENCRYPTION_KEY = '' } = made
  await (await Gateway.start(directory.path, { ADMIN_TOKEN, REGISTRATION_TOKEN, ENCRYPTION_KEY })).kill()
  await directory.dispose()
}

/** Docker is not available here: the files that it reads are tested in `tests/release`. */
const composes: Proof = async (command) => {
  expect(command).toMatch(/^docker compose up( --(build|detach|wait))+$/)
  for (const file of ['compose.yaml', 'Dockerfile', 'deploy/nginx.conf'])
    expect(existsSync(join(ROOT, file))).toBe(true)
}

/** Pushes a new repository with a configuration, and answers git's questions as a person would. */
const pushesAndBuilds: Proof = async (command, { gateway, type }) => {
  const directory = await temporaryDirectory()
  const git = gitIn(directory.path)
  await git('.', 'init', '--quiet', 'mine')
  await writeFile(join(directory.path, 'mine', '.gitlab-ci.yml'), 'test: { script: [make] }\n')
  await git('mine', 'add', '.')
  await git('mine', 'commit', '--quiet', '-m', 'First')
  const answering = join(directory.path, 'answer')
  await writeFile(answering, '#!/bin/sh\ncase "$1" in Username*) echo me ;; *) cat "$TOKEN_FILE" ;; esac\n', {
    mode: 0o700,
  })
  const line = command.replace('http://127.0.0.1:8080', gateway.url)
  const { code, output } = await type(`cd ${join(directory.path, 'mine')} && ${line}`, {
    env: { HOME: directory.path, GIT_ASKPASS: answering, TOKEN_FILE: join(gateway.dataDir, 'admin-token') },
  })
  expect(code, output).toBe(0)
  const id = Number(/^remote: Pipeline #(\d+): /m.exec(output)?.[1])
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  expect(await admin.query('pipelines.get', { id })).toMatchObject({ ref: 'main', source: 'push' })
  await admin.mutate('pipelines.cancel', { id })
  await directory.dispose()
}

/** Runs it against an installation that has what it names. */
const runsYardmaster: Proof = async (command, { gateway, type }) => {
  const { line, env, dispose } = await prepareFor(command, gateway)
  const { code, output } = await type(line, { env })
  expect(code, output).toBe(statusOf(command))
  expect(output).not.toContain('This is a bug')
  await dispose()
}

const commands = documentedCommands()

const CURL = `curl -X POST "$YARDMASTER/trpc/webhooks.create" -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"url": "https://example.com/hooks/ci", "statuses": ["success", "failed", "canceled"]}'`

const STATUSES = `curl -X POST "$YARDMASTER/trpc/projects.update" -H "Authorization: Bearer $ADMIN_TOKEN" -H 'Content-Type: application/json' -d '{"id": 1, "commitStatus": {"forge": "gitea", "address": "https://gitea.example/owner/name", "token": "a-token"}}'`

const SECRETS = `umask 077; { for name in ADMIN_TOKEN REGISTRATION_TOKEN POSTGRES_PASSWORD S3_SECRET_KEY; do echo "$name=$(openssl rand -hex 24)"; done; echo "ENCRYPTION_KEY=$(openssl rand -base64 32)"; } > .env`

const PROOFS: Readonly<Record<string, Proof>> = {
  'npm start': starts,
  'npm run demo': demonstrates,
  'git push http://127.0.0.1:8080/default.git HEAD:main': pushesAndBuilds,
  // Tested in tests/development.
  'npm run dev': resolves,
  'npm run dev -- --seed': resolves,
  'npm test': resolves,
  'npm test -- --changed': findsWhatChanged,
  'npm run lint': resolves,
  'npm run lint -- unused': resolves,
  'npm run lint:fix': resolves,
  'GITLAB_RUNNER_BIN=/path/to/gitlab-runner npm test': resolves,
  'GITLAB_RUNNER_BIN=/path/to/gitlab-runner npm run test:real-runner': worksWith('-- --list', /Total: \d+ tests/),
  'RUST_RUNNER_BIN=/path/to/program npm run test:real-runner': worksWith('-- --list', /Total: \d+ tests/),
  'npm run test:unit -- packages/domain': listsUnitTests,
  'npm run with-servers -- vitest run apps/gateway': listsTestsOfTheGateway,
  'npm run with-servers -- playwright test --config tests/playwright.config.ts': lists,
  'npm run with-servers -- playwright test --config tests/playwright.config.ts --project=embedded protocol': lists,
  'npm run with-servers -- playwright test --config tests/playwright.config.ts --project=production protocol': lists,
  'npm run with-servers -- node tests/fuzz/main.ts': sendsSomeRequests,
  'npm run fuzz -- --requests N --seed S': sendsSomeRequests,
  'npm run fuzz:document -- --requests N --seed S': sendsSomeRequests,
  'npm run chaos': hasOptionsOfChaos,
  'npm run chaos -- --minutes 60 --seed 7 --storage servers': hasOptionsOfChaos,
  'npm run bench': hasRowsOfBench,
  'npm run bench -- lists': hasRowsOfBench,
  'npm run bench -- poll patch': hasRowsOfBench,
  'export PATH="$PWD/node_modules/.bin:$PATH"': putsThePinnedNodeFirst,
  [CURL]: answers(/"secret":"/),
  [STATUSES]: answers(/"forge":"gitea"/),
  // Tested in tests/release, which packs once.
  'npm run pack': resolves,
  [SECRETS]: makesSecrets,
  'docker compose up --build --detach --wait': composes,
  ...Object.fromEntries(
    commands.flatMap(({ text }) => (text.startsWith('yardmaster ') ? [[text, runsYardmaster] as const] : [])),
  ),
}

test('every documented command has a proof that it works, and every proof has a command', () => {
  const written = new Set(commands.map(({ text }) => text))
  const unproved = commands.filter(({ text }) => !(text in PROOFS))
  expect(unproved, 'add its proof to PROOFS in tests/docs/commands.spec.ts').toEqual([])
  expect(Object.keys(PROOFS).filter((text) => !written.has(text))).toEqual([])
})

test('a block is read line by line, without comments, and continued lines are joined', () => {
  const block = ['```sh', '# why', 'a --b c   # what', 'd \\', '  e "#f"', '', '```', '```js', 'no()', '```', ''].join(
    '\n',
  )
  expect(commandsInBlocks(block)).toEqual(['a --b c', 'd e "#f"'])
})

for (const [command, prove] of Object.entries(PROOFS)) {
  test(`on Node.js ${version}: ${command}`, async ({ gateway }) => {
    await prove(command, { gateway, type })
  })
}
