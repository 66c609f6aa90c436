// `npm run chaos`: kills, hangs and restarts everything under load, and checks everything that was promised.
import { exitWhenInterrupted } from '../support/at-exit.ts'
import { readOptions } from './options.ts'
import { runChaos } from './run.ts'

/** Time for the start, the last comparison and the clean-up, on a busy machine. */
const AFTERWARDS_MINUTES = 15

exitWhenInterrupted()

try {
  const options = readOptions(process.argv.slice(2))
  const late = () => {
    console.error('This should have ended long ago: something hangs.')
    process.exit(1)
  }
  setTimeout(late, (options.minutes * 1.5 + AFTERWARDS_MINUTES) * 60_000).unref()
  const found = await Promise.all(options.forms.map((form) => runChaos(form, options)))
  process.exit(found.every((differences) => differences === 0) ? 0 : 1)
} catch (error) {
  console.error(error instanceof Error && error.message.includes('Usage:') ? error.message : error)
  process.exit(1)
}
