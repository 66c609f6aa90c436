// `npm test`: runs all checks on real servers. All steps run, even if some fail; the summary names and counts the
// failures. `npm test -- --changed [COMMIT]` checks only what changed.
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkChanged } from './changed/check.mjs'
import { exitCodeOf, interruption, noteInterruptions, run } from './child.mjs'
import { bundleForTests } from './pack/bundle-for-tests.mjs'
import { failure, lastLines, listFailures, readPlaywright, readVitest } from './reports.mjs'
import { ensureBrowser } from './servers/packages.mjs'
import { openServers } from './servers.mjs'

const SERVER_VARIABLES = /^TEST_(DATABASE_URL|REDIS_URL|S3_\w+)$/
/** These tests run once, with the servers; on embedded storage they would test nothing new. */
const ONLY_WITH_SERVERS = 'apps/gateway/src/adapters/**'
/** These open embedded storage themselves, wherever they run. */
const ONLY_EMBEDDED = [
  'apps/gateway/src/power-cut.test.ts',
  'apps/gateway/src/process/stray-errors.test.ts',
  'packages/db/src/pglite.test.ts',
  'packages/db/src/prepared-statements.test.ts',
]
/** Tests that import one of these, directly or not, use a database. */
const DATABASES = ['packages/db/src/testing.ts', 'packages/db/src/pglite.ts']
const QUIETLY = ['--output-logs=errors-only', '--log-prefix=none']
/** How long faults are injected, on each form of storage at the same time; starting and comparing come on top. */
const CHAOS_MINUTES = 0.4

noteInterruptions()
const [option, commit] = process.argv.slice(2)
process.exitCode = await (option === '--changed' ? checkChanged(commit) : main()).catch((error) => {
  console.error(error.message)
  console.log('\n0 passed, 1 failed')
  return 1
})

async function main() {
  ensureBrowser()
  const reports = mkdtempSync(join(tmpdir(), 'yardmaster-reports-'))
  process.env.TEST_GATEWAY_PROGRAM = await bundleForTests(join(reports, 'gateway'))
  // Hundreds of processes start. Sharing compiled code between them saves a third of their time.
  process.env.NODE_COMPILE_CACHE ??= join(reports, 'compiled')
  const [servers, dataDir] = await Promise.all([openServers(), makeDataDir(join(reports, 'data'))])
  // Creating an embedded database takes ten seconds of processor time: tests that need one start with copies.
  if (dataDir) process.env.TEST_DATA_DIR_TEMPLATE = dataDir
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const failures = []
  const withServers = { ...process.env, ...servers.env }
  const embedded = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SERVER_VARIABLES.test(name)))

  /**
   * @param {string} title
   * @param {string[]} command
   * @param {{ env?: Record<string, string>, read?: (report: object) => import('./reports.mjs').Report, atOnce?: boolean
   *   }} [options] - `read` parses the report that the command writes; without it the step is one check. The
   *   output of a step with `atOnce: false` is shown when it is over, because others run beside it.
   */
  const step = async (title, [program, ...args], { env = embedded, read, atOnce = true } = {}) => {
    if (interruption) return
    const name = title.replaceAll(/\W+/g, '-')
    const file = join(reports, `${name}.json`)
    const said = atOnce ? null : openSync(join(reports, `${name}.log`), 'w+')
    if (atOnce) console.log(`\n━━━ ${title}\n`)
    const code = await run(program, args, {
      env: { ...env, REPORT_FILE: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
      ...(said !== null && { stdio: ['ignore', said, said] }),
    })
    let output = ''
    if (said !== null) {
      closeSync(said)
      output = readFileSync(join(reports, `${name}.log`), 'utf8')
      console.log(`\n━━━ ${title}\n\n${output}`)
    }
    if (interruption) return
    const report = read ? readReport(file, read) : { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0, failures: [] }
    // A step may fail without a failed test: because of a broken file, or an error between tests.
    if (code !== 0 && report.failed === 0) {
      report.failed = 1
      report.failures.push(failure('the step as a whole', `${lastLines(output)}\nIt exited with ${code}.`))
    }
    for (const name of Object.keys(totals)) totals[name] += report[name]
    failures.push(...report.failures.map(({ name, message }) => ({ name: `${title}: ${name}`, message })))
  }

  const fuzz = (requests) => [process.execPath, 'tests/fuzz/main.ts', '--requests', String(requests)]
  const fuzzDocument = (requests) => [process.execPath, 'tests/fuzz/document/main.ts', '--requests', String(requests)]

  async function fromOutside() {
    await Promise.all([
      step('Lint', [process.execPath, 'scripts/lint.mjs'], { atOnce: false }),
      step('Types', ['turbo', 'run', 'typecheck', ...QUIETLY], { atOnce: false }).then(() =>
        step('The dashboard can be built', ['turbo', 'run', 'build', ...QUIETLY], { atOnce: false }),
      ),
    ])
    await step(
      'The running gateway from outside',
      [
        'playwright',
        'test',
        '--config',
        'tests/playwright.config.ts',
        '--pass-with-no-tests',
        '--reporter',
        'list,json',
      ],
      { env: withServers, read: readPlaywright },
    )
  }

  async function fromInside() {
    await step(
      'Unit and integration, on PostgreSQL, Redis and S3',
      ['vitest', 'run', ...ONLY_EMBEDDED.flatMap((path) => ['--exclude', path])],
      { env: withServers, read: readVitest, atOnce: false },
    )
    await step(
      'What uses a database once more, on embedded storage',
      ['vitest', 'related', '--run', '--exclude', ONLY_WITH_SERVERS, ...DATABASES, ...ONLY_EMBEDDED],
      { read: readVitest, atOnce: false },
    )
    await step(
      'Nothing is lost while everything is killed, hung and restarted',
      [process.execPath, 'tests/chaos/main.ts', '--minutes', String(CHAOS_MINUTES)],
      { atOnce: false },
    )
    // Each run draws others: what a run is too short for, one of the next finds.
    await step('Generated requests for every route', fuzz(8_000), { env: withServers, atOnce: false })
    await step('Requests from the OpenAPI document', fuzzDocument(1_500), { env: withServers, atOnce: false })
    // The embedded database takes several times as long per request.
    await step('Generated requests, on embedded storage', fuzz(1_000), { atOnce: false })
    await step('Requests from the OpenAPI document, on embedded storage', fuzzDocument(300), { atOnce: false })
  }

  try {
    // Two lines of steps run side by side: most tests wait for conditions and leave the cores idle meanwhile.
    await Promise.all([fromOutside(), fromInside()])
  } finally {
    await servers.stop()
    rmSync(reports, { recursive: true, force: true })
  }

  const { passed, failed, skipped } = totals
  if (failures.length > 0) console.log(`\n━━━ What failed\n\n${listFailures(failures)}`)
  if (interruption) console.log('\nInterrupted: not everything was run.')
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  if (interruption) return exitCodeOf(interruption)
  return failed > 0 ? 1 : 0
}

/** @returns {Promise<string | null>} the directory; null when the gateway did not start, which the tests will show. */
async function makeDataDir(directory) {
  mkdirSync(directory, { mode: 0o700 })
  return (await run(process.execPath, ['tests/support/make-data-dir.ts', directory])) === 0 ? directory : null
}

function readReport(file, read) {
  try {
    return read(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    const failures = [failure('the report', `This step left no report that can be read: ${error.message}`)]
    return { passed: 0, failed: 1, skipped: 0, failures }
  }
}
