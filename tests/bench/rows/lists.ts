import { CpuMeter } from '../cpu.ts'
import { fillHistory, HISTORY } from '../fill-history.ts'
import { Form } from '../form.ts'
import { percentile } from '../rounds.ts'
import type { Finding, Row } from '../row.ts'

const CALLS = 20
const AIM_MS = 100
const NOWHERE = 'zebra-9f3'

const list = (kind: keyof typeof HISTORY) => (what: string, input: object) => ({
  what: `list of ${HISTORY[kind].toLocaleString('en')} ${kind}: ${what}`,
  of: `${kind}.list`,
  input,
})
const jobs = list('jobs')
const pipelines = list('pipelines')

const LISTS = [
  jobs('first page', {}),
  jobs('a page in the middle', { cursor: String(HISTORY.jobs / 2) }),
  jobs('the oldest first', { sort: 'oldest' }),
  jobs('search, many found', { search: 'part 7' }),
  jobs('search, few found', { search: 'step 7 of part 777' }),
  jobs('search, nothing found', { search: NOWHERE }),
  jobs('a tag that many have', { runnerTag: 'linux' }),
  jobs('a tag that few have', { runnerTag: 'size-7' }),
  jobs('a tag no job has', { runnerTag: NOWHERE }),
  jobs('a name', { name: 'step 7 of part 777' }),
  jobs('a name no job has', { name: NOWHERE }),
  jobs('a ref no pipeline has', { ref: NOWHERE }),
  jobs('a commit no pipeline has', { sha: NOWHERE }),
  jobs('the failed ones', { status: 'failed' }),
  jobs('the failed ones, search, nothing found', { status: 'failed', search: NOWHERE }),
  jobs('the failed ones, search, few found', { status: 'failed', search: 'step 1 of part 77' }),
  jobs('the failed ones, search, found apart', { status: 'failed', search: 'step 2' }),
  jobs('a ref that many have, search, nothing found', { ref: 'main', search: NOWHERE }),
  jobs('a ref that many have, a tag that few have', { ref: 'main', runnerTag: 'size-7' }),
  jobs('a ref and a tag that many have, and a search, found apart', {
    ...{ ref: 'main', runnerTag: 'linux', search: 'step 3' },
  }),
  jobs('a runner, search, nothing found', { runnerId: 77, search: NOWHERE }),
  jobs('a project, search, nothing found', { projectId: 77, search: NOWHERE }),
  pipelines('first page', {}),
  pipelines('a page in the middle', { cursor: String(HISTORY.pipelines / 2) }),
  pipelines('search, many found', { search: 'branch-7' }),
  pipelines('search, nothing found', { search: NOWHERE }),
  pipelines('the failed ones, search, nothing found', { status: 'failed', search: NOWHERE }),
  pipelines('a ref no pipeline has', { ref: NOWHERE }),
  pipelines('a commit no pipeline has', { sha: NOWHERE }),
  pipelines('a source no pipeline has', { source: 'web' }),
  ...(['runners', 'projects'] as const).flatMap((kind) => [
    list(kind)('first page', {}),
    list(kind)('search, nothing found', { search: NOWHERE }),
  ]),
  list('runners')('a tag no runner has', { tag: NOWHERE }),
  list('runners')('the stale ones, search, nothing found', { status: 'stale', search: NOWHERE }),
]

/** Lists and searches in an installation that is years old. */
export const lists: Row = {
  name: 'lists',
  // PGlite would take many minutes to be filled.
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
