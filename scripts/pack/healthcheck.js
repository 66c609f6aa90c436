// `node healthcheck.js` exits with 0 while the process that uses the same DATA_DIR is up, otherwise with 1. For images,
// which include no other program that could check this.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const TIMEOUT_MS = 5_000

try {
  // The running process writes its address there.
  const address = readFileSync(join(process.env.DATA_DIR || './data', 'address'), 'utf8').trim()
  const { status } = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (status !== 200) throw new Error(`${address}/healthz answered ${status}`)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
