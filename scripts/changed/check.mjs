// `npm test -- --changed [COMMIT]`: checks what changed since a commit, by default the last one, on embedded storage.
// For use while working; it can miss a fault that `npm test` finds.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { interruption, run } from '../child.mjs'
import { readGraph } from '../imports/graph.mjs'
import { nearestTests } from './nearest-tests.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Test files: about as many as run in half a minute. */
const MOST_TESTS = 20
const PLAYWRIGHT = ['playwright', 'test', '--config', 'tests/playwright.config.ts']
const QUIETLY = ['--output-logs=errors-only', '--log-prefix=none']
const SERVER_VARIABLES = /^TEST_(DATABASE_URL|REDIS_URL|S3_\w+)$/

/**
 * @param {string} [commit]
 * @returns {Promise<number>} the exit code.
 */
export async function checkChanged(commit = 'HEAD') {
  const changed = changedSince(commit)
  if (changed.length === 0) {
    console.log(`Nothing has changed since ${commit}.`)
    return 0
  }
  console.log(`${changed.length === 1 ? '1 file has' : `${changed.length} files have`} changed since ${commit}.`)
  const { tests, left } = nearestTests(readGraph(ROOT).graph, changed, MOST_TESTS)
  const units = tests.filter((file) => !file.endsWith('.spec.ts'))
  // Tests from outside start a gateway or a browser, so only those run that changed themselves.
  const specs = tests.filter((file) => file.endsWith('.spec.ts') && changed.includes(file))
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !SERVER_VARIABLES.test(name)))

  const failed = []
  const step = async (title, [program, ...args]) => {
    if (interruption) return
    console.log(`\n━━━ ${title}\n`)
    if ((await run(program, args, { cwd: ROOT, env })) !== 0) failed.push(title)
  }
  await step('Style', ['biome', 'check', '--error-on-warnings', '--no-errors-on-unmatched', ...changed])
  await step('Imports', [process.execPath, 'scripts/imports/check.mjs'])
  const packages = new Set(changed.map((file) => /^(?:(?:apps|packages)\/[^/]+|tests)(?=\/)/.exec(file)?.[0]))
  packages.delete(undefined)
  const filters = [...packages].map((folder) => `--filter=./${folder}`)
  if (filters.length > 0) await step('Types', ['turbo', 'run', 'typecheck', ...filters, ...QUIETLY])
  if (units.length > 0) await step('Unit and integration', ['vitest', 'run', ...units])
  if (specs.some((file) => file.startsWith('tests/admin-ui/')))
    await step('The dashboard can be built', ['turbo', 'run', 'build', ...QUIETLY])
  if (specs.length > 0) await step('From outside', [...PLAYWRIGHT, ...specs])
  if (changed.some((file) => file.endsWith('.md'))) {
    await step('Citations', [process.execPath, 'tests/docs/check-citations.ts'])
    await step('Commands in the documentation', [...PLAYWRIGHT, '--project=docs', '--grep=every documented command'])
  }

  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}.`)
  if (left > 0) console.log(`\n${left} more test files may be affected: \`npm test\` runs them all.`)
  return failed.length > 0 ? 1 : 0
}

/** Returns the files that were changed or added, from the root, committed or not. */
function changedSince(commit) {
  const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean)
  const tracked = git('diff', '--name-only', '-z', '--diff-filter=d', commit, '--')
  return [...new Set([...tracked, ...git('ls-files', '--others', '--exclude-standard', '-z')])].sort()
}
