// `npm run lint`: style and likely mistakes, and who imports whom. Both run, whatever fails.
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
