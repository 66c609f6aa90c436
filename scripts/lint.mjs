// `npm run lint [-- NAME …]`: runs all checks, or those that are named. Runs the rest even if one fails.
import { exitCodeOf, interruption, noteInterruptions, run } from './child.mjs'

const CHECKS = {
  // Layout and likely mistakes.
  style: ['biome', 'check', '--error-on-warnings', '.'],
  // The rules for imports.
  imports: [process.execPath, 'scripts/imports/check.mjs'],
  // Documents, sections and files that text and comments refer to.
  citations: [process.execPath, 'tests/docs/check-citations.ts'],
  // Unused files, exports and dependencies; `knip.jsonc` has the exceptions.
  unused: ['knip', '--no-progress', '--treat-config-hints-as-errors'],
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(CHECKS, name))
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}; known checks: ${Object.keys(CHECKS).join(', ')}.`)
  process.exit(1)
}

noteInterruptions()
let failed = false
for (const name of named.length > 0 ? named : Object.keys(CHECKS)) {
  if (interruption) break
  const [program, ...args] = CHECKS[name]
  if ((await run(program, args)) !== 0) failed = true
}
process.exitCode = interruption ? exitCodeOf(interruption) : failed ? 1 : 0
