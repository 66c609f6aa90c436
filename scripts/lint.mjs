// `npm run lint`: checks style, likely mistakes and the rules for imports. Runs both checks even if one fails.
import { exitCodeOf, interruption, noteInterruptions, run } from './child.mjs'

const CHECKS = [
  ['biome', 'check', '--error-on-warnings', '.'],
  [process.execPath, 'scripts/imports/check.mjs'],
]

noteInterruptions()
let failed = false
for (const [program, ...args] of CHECKS) {
  if (interruption) break
  if ((await run(program, args)) !== 0) failed = true
}
process.exitCode = interruption ? exitCodeOf(interruption) : failed ? 1 : 0
