import { CpuMeter } from '../cpu.ts'
import { type Baseline, Form, type Site } from '../form.ts'
import { Load, rate } from '../load.ts'
import { settledCount, writtenObjects } from '../objects.ts'
import { type Contender, inTurns } from '../rounds.ts'
import { comparison, type Finding, type Row } from '../row.ts'
import { patches, runningJobs } from '../running-jobs.ts'
import { GrowingLog } from '../tracing.ts'

const JOBS = 1_000
const FEW = 16
const MANY = 256
const ROUND_MS = 1_500
const ROUNDS = 5
const AIMS = { embedded: { few: 0.8, many: 1.2 }, production: { few: 0.6, many: 1.2 } }
/** Patches whose objects are counted, at `MANY` connections. */
const COUNTED = 5_000
const OBJECTS_AIM = 50

/** Patches of the logs of many running jobs, durable before the answer. */
export const appendTrace: Row = {
  name: 'patch',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway()
    const bare = await form.bare('updating-server')
    const keeping = await form.bare('updating-server', { KEEP_BYTES: 'yes' })
    // Before any connection is opened, because those that are idle for long are closed.
    const [bareUrl, keepingUrl] = [await bare.ask<string>(null), await keeping.ask<string>(null)]

    const logs = await runningJobs(site, JOBS)

    const findings: Finding[] = []
    for (const [connections, aim] of [
      [FEW, AIMS[kind].few],
      [MANY, AIMS[kind].many],
    ] as const) {
      await using opened = new AsyncDisposableStack()
      const patching = async ({ processes }: Site | Baseline, url: string, growing: readonly GrowingLog[]) => {
        const load = opened.use(await Load.open(url, connections))
        const exchange = patches(growing, connections)
        const round = async () => rate(await load.run(exchange, { ms: ROUND_MS }))
        return { processes, round } satisfies Contender
      }
      const rounds = await inTurns(ROUNDS, {
        ours: await patching(site, site.url, logs),
        baseline: await patching(bare, bareUrl, bareLogs()),
        keeping: await patching(keeping, keepingUrl, bareLogs()),
      })
      const what = `patch, ${connections} connections`
      findings.push(
        comparison(what, rounds, aim),
        comparison(`${what}, baseline keeps the bytes`, { ours: rounds.ours, baseline: rounds.keeping }),
      )
    }
    return [...findings, await objectsFinding(site, logs)]
  },
}

const bareLogs = (): GrowingLog[] =>
  Array.from(
    { length: JOBS },
    (_, index) => new GrowingLog({ id: index + 1, token: 'glcbt-64_somethingAsLongAsOurs0' }),
  )

/** Counts all objects that patches of busy jobs cause: joining small ones later belongs to it. */
async function objectsFinding(site: Site, logs: readonly GrowingLog[]): Promise<Finding> {
  using objects = writtenObjects(site)
  await using load = await Load.open(site.url, MANY)
  const before = await settledCount(objects)
  const meter = new CpuMeter(site.processes)
  await meter.during(
    () => load.run(patches(logs, MANY), { requests: COUNTED }),
    ({ operations }) => operations,
  )
  const written = (((await settledCount(objects)) - before) * 1_000) / COUNTED
  return {
    what: 'objects per 1,000 patches',
    ours: written.toFixed(1),
    aim: `≤ ${OBJECTS_AIM}`,
    met: written <= OBJECTS_AIM,
    cpu: meter.perOperation,
  }
}
