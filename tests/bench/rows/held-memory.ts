import { COLLECTABLE, collectGarbage } from '../collect-garbage.ts'
import { CpuMeter } from '../cpu.ts'
import { Form, type Site } from '../form.ts'
import { hold, knownPolls } from '../holding.ts'
import type { Row } from '../row.ts'

const POLLS = 20_000
const MANAGERS = 20
/** Files that gateway and load generator have open besides their connections, generously. */
const OTHER_FILES = 500
const AIM_KIB = 16
const MIB = 1_048_576

/** The memory that a gateway needs for many waiting runners. */
export const heldMemory: Row = {
  name: 'memory',
  async measure(kind) {
    const runners = Math.floor(Math.min(POLLS, openFilesLimit() - OTHER_FILES) / MANAGERS)
    const polls = runners * MANAGERS
    await using form = await Form.open(kind)
    const site = await form.gateway({
      LONG_POLL_SECONDS: '590',
      MAX_CONNECTIONS: String(POLLS + OTHER_FILES),
      ...COLLECTABLE,
    })
    const known = await knownPolls(site, { runners, managers: MANAGERS, jobsOf: () => ({ tags: [], untagged: true }) })
    await using opened = new AsyncDisposableStack()

    const before = await inUse(site)
    const meter = new CpuMeter(site.processes)
    const held = await meter.during(
      () => hold(site, known),
      () => polls,
    )
    opened.defer(async () => {
      for (const { connection } of held.flat()) connection.close()
    })
    const after = await inUse(site)

    const kib = (part: keyof Memory) => (after[part] - before[part]) / polls / 1024
    const each = kib('resident')
    const what = `${POLLS.toLocaleString('en')} held polls`
    const measured = polls < POLLS ? `, measured with ${polls.toLocaleString('en')}` : ''
    return [
      {
        what: `${what}: resident memory (MiB)`,
        ours: `${((before.resident + (after.resident - before.resident) * (POLLS / polls)) / MIB).toFixed(0)}${measured}`,
        cpu: meter.perOperation,
      },
      {
        what: `${what}: memory for each (KiB)`,
        ours: `${each.toFixed(1)}, ${kib('objects').toFixed(1)} of that objects`,
        aim: `< ${AIM_KIB}`,
        met: each < AIM_KIB,
      },
    ]
  },
}

interface Memory {
  readonly resident: number
  /** Of JavaScript. */
  readonly objects: number
}

/** Returns bytes without garbage. */
async function inUse(site: Site): Promise<Memory> {
  // The second round collects what finalizers of the first made unreachable.
  for (let round = 0; round < 2; round++) await collectGarbage(site)
  return {
    resident: await site.metric('process_resident_memory_bytes'),
    objects: await site.metric('nodejs_heap_size_used_bytes'),
  }
}

/** Returns how many files and connections a process may have open here. */
function openFilesLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files: { hard: number | 'unlimited' } } }
  const limit = userLimits?.open_files.hard
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
}
