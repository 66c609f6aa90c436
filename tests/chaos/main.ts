// `npm run chaos`: kills, hangs and restarts everything under load, and compares all that was promised.
import { readOptions } from './options.ts'
import { runChaos } from './run.ts'

process.setMaxListeners(0)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

try {
  const options = readOptions(process.argv.slice(2))
  const found = await Promise.all(options.forms.map((form) => runChaos(form, options)))
  process.exit(found.every((differences) => differences === 0) ? 0 : 1)
} catch (error) {
  console.error(error instanceof Error && error.message.includes('Usage:') ? error.message : error)
  process.exit(1)
}
