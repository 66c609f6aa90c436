import { CpuMeter } from '../cpu.ts'
import { fillHistory, HISTORY } from '../fill-history.ts'
import { Form } from '../form.ts'
import { percentile } from '../rounds.ts'
import type { Finding, Row } from '../row.ts'

const CALLS = 20
const AIM_MS = 100
const NOWHERE = 'zebra-9f3'

const jobs = `list of ${HISTORY.jobs.toLocaleString('en')} jobs`
const LISTS = [
  { what: `${jobs}: first page`, of: 'jobs.list', input: {} },
  { what: `${jobs}: a page in the middle`, of: 'jobs.list', input: { cursor: String(HISTORY.jobs / 2) } },
  { what: `${jobs}: search, many found`, of: 'jobs.list', input: { search: 'part 7' } },
  { what: `${jobs}: search, nothing found`, of: 'jobs.list', input: { search: NOWHERE } },
  { what: `${jobs}: a tag`, of: 'jobs.list', input: { runnerTag: 'size-7' } },
  { what: `${jobs}: a tag nobody has`, of: 'jobs.list', input: { runnerTag: NOWHERE } },
  { what: `${jobs}: a status no job has`, of: 'jobs.list', input: { status: 'failed', search: NOWHERE } },
  ...(['pipelines', 'runners', 'projects'] as const).flatMap((kind) => [
    { what: `list of ${HISTORY[kind].toLocaleString('en')} ${kind}: first page`, of: `${kind}.list`, input: {} },
    {
      what: `list of ${HISTORY[kind].toLocaleString('en')} ${kind}: search, nothing found`,
      of: `${kind}.list`,
      input: { search: NOWHERE },
    },
  ]),
]

/** Lists and searches in an installation that is years old. */
export const lists: Row = {
  name: 'lists',
  // Filling it takes PGlite many minutes.
  kinds: ['production'],
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const { id: projectId } = await site.admin.mutate('projects.create', { path: 'original' })
    await site.admin.mutate('jobs.create', { projectId, name: 'sample', definition: { script: ['true'] } })
    const job = await (await site.runner()).take()
    await job.finish('success')
    await fillHistory(site, { jobId: job.id })

    const findings: Finding[] = []
    for (const { what, of, input } of LISTS) {
      const delays: number[] = []
      const meter = new CpuMeter(site.processes)
      const call = async () => {
        const begun = performance.now()
        await site.admin.query<unknown>(of, input)
        delays.push(performance.now() - begun)
      }
      await meter.during(
        async () => {
          while (delays.length < CALLS) await call()
        },
        () => CALLS,
      )
      const [p50 = 0, slowest = 0] = [0.5, 1].map((part) => percentile(delays, part))
      findings.push({
        what: `${what} (ms)`,
        ours: `${p50.toFixed(0)}, at most ${slowest.toFixed(0)}`,
        aim: `≤ ${AIM_MS}`,
        met: p50 <= AIM_MS,
        cpu: meter.perOperation,
      })
    }
    return findings
  },
}
