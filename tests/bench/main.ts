// `npm run bench [-- <row> …]`: compares the gateway with minimal programs for the same work, in the same run.
import { availableParallelism, cpus } from 'node:os'
import { exitWhenInterrupted } from '../support/at-exit.ts'
import { hasServers, type StorageKind } from '../support/storage.ts'
import type { Row } from './row.ts'
import { appendTrace } from './rows/append-trace.ts'
import { artifacts } from './rows/artifacts.ts'
import { claimByLibrary } from './rows/claim-by-library.ts'
import { claimJob, fairClaim } from './rows/claim-job.ts'
import { createJobs } from './rows/create-jobs.ts'
import { followTrace } from './rows/follow-trace.ts'
import { heldMemory } from './rows/held-memory.ts'
import { heldPolls } from './rows/held-polls.ts'
import { idlePoll } from './rows/idle-poll.ts'
import { lists } from './rows/lists.ts'
import { lone } from './rows/lone.ts'
import { parseTrace } from './rows/parse-trace.ts'
import { viewTrace } from './rows/view-trace.ts'
import { type Line, printTable } from './table.ts'

const rows: readonly Row[] = [
  idlePoll,
  claimJob,
  fairClaim,
  claimByLibrary,
  appendTrace,
  lone,
  followTrace,
  heldPolls,
  heldMemory,
  createJobs,
  lists,
  artifacts,
  parseTrace,
  viewTrace,
]

const names = rows.map(({ name }) => name)
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no row ${unknown.join(', ')}. The rows are ${names.join(', ')}.`)
  process.exit(1)
}

exitWhenInterrupted()

const available: readonly StorageKind[] = hasServers ? ['embedded', 'production'] : ['embedded']
const lines: Line[] = []
for (const row of rows.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  for (const storage of available.filter((kind) => row.kinds?.includes(kind) ?? true)) {
    console.log(`measuring ${row.name}, ${storage} …`)
    try {
      const findings = await row.measure(storage)
      for (const finding of findings) {
        lines.push({ ...finding, storage })
        console.log(`  ${finding.what}: ${[finding.ours, finding.baseline, finding.ratio].filter(Boolean).join(' · ')}`)
      }
    } catch (error) {
      console.error(error)
      process.exitCode = 1
    }
  }
}

console.log()
printTable(lines)
console.log(`
Measured on ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}) with Node.js ${process.version}, ${process.platform}. Load generator, gateway
and servers share them. Rounds alternated with those of the baseline; figures are medians. CPU time is that of the
gateway or the baseline, and of the servers behind it. See docs/benchmarks.md.`)
if (!hasServers) console.log('Embedded storage only: no addresses of PostgreSQL and Redis were given.')
