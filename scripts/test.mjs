// `npm test`: every check there is, on real servers. All steps run, whatever fails; the last line counts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodeOf, interruption, noteInterruptions, run } from './child.mjs'
import { ensureBrowser } from './servers/packages.mjs'
import { openServers } from './servers.mjs'

const SERVER_VARIABLES = /^TEST_(DATABASE_URL|REDIS_URL|S3_\w+)$/
/** They have their one run with the servers; on embedded storage there is nothing new to see. */
const ONLY_WITH_SERVERS = 'apps/gateway/src/adapters/**'

noteInterruptions()
process.exitCode = await main().catch((error) => {
  console.error(error.message)
  console.log('\n0 passed, 1 failed')
  return 1
})

async function main() {
  ensureBrowser()
  const servers = await openServers()
  const reports = mkdtempSync(join(tmpdir(), 'yardmaster-reports-'))
  const totals = { passed: 0, failed: 0, skipped: 0 }
  const withServers = { ...process.env, ...servers.env }
  const embedded = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SERVER_VARIABLES.test(name)))

  /**
   * @param {string} title
   * @param {string[]} command
   * @param {{ env?: Record<string, string>, count?: (report: object) => typeof totals }} [options] - `count` adds up the
   *   report the command was to write; without it the step is one check.
   */
  const step = async (title, [program, ...args], { env = embedded, count } = {}) => {
    if (interruption) return
    console.log(`\n━━━ ${title}\n`)
    const file = join(reports, `${title.replaceAll(/\W+/g, '-')}.json`)
    const code = await run(program, args, { env: { ...env, REPORT_FILE: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file } })
    if (interruption) return
    const counted = count ? readReport(file, count) : { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 }
    // A step may fail without a failed test to show for it: a broken file, an error between tests.
    if (code !== 0 && counted.failed === 0) counted.failed = 1
    for (const name of Object.keys(totals)) totals[name] += counted[name]
  }

  try {
    await step('Lint', ['biome', 'check', '--error-on-warnings', '.'])
    await step('Types', ['turbo', 'run', 'typecheck', '--output-logs=errors-only', '--log-prefix=none'])
    await step('The dashboard can be built', [
      'turbo',
      'run',
      'build',
      '--output-logs=errors-only',
      '--log-prefix=none',
    ])
    await step('Unit and integration, on PostgreSQL, Redis and S3', ['vitest', 'run'], {
      env: withServers,
      count: countVitest,
    })
    await step(
      'Database and gateway once more, on embedded storage',
      ['vitest', 'run', '--exclude', ONLY_WITH_SERVERS, 'packages/db/', 'apps/gateway/'],
      { count: countVitest },
    )
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
      { env: withServers, count: countPlaywright },
    )
  } finally {
    await servers.stop()
    rmSync(reports, { recursive: true, force: true })
  }

  const { passed, failed, skipped } = totals
  if (interruption) console.log('\nInterrupted: not everything was run.')
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  if (interruption) return exitCodeOf(interruption)
  return failed > 0 ? 1 : 0
}

function readReport(file, count) {
  try {
    return count(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    console.error(`This step left no report that can be read: ${error.message}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function countVitest({ numPassedTests, numFailedTests, numPendingTests, numTodoTests }) {
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
}

/** Flaky ones passed at the second try. */
function countPlaywright({ stats: { expected, flaky, unexpected, skipped } }) {
  return { passed: expected + flaky, failed: unexpected, skipped }
}
