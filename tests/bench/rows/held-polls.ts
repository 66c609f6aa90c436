import { setTimeout as pause } from 'node:timers/promises'
import { CpuMeter } from '../cpu.ts'
import { Form, type Site } from '../form.ts'
import { type HeldPoll, hold, knownPolls } from '../holding.ts'
import { percentile } from '../rounds.ts'
import type { Row } from '../row.ts'

const RUNNERS = 1_000
const MANAGERS = 10
const POLLS = RUNNERS * MANAGERS
/** Number of runners that are woken one by one, each by a job that only it can take. */
const WOKEN = 100
/** Number of runners that take the same jobs; each of the others has a tag of its own. */
const ALIKE = 400
const HEALTH_MS = 10

/** A job that none of the polls took after so long went to another runner, or to none. */
const TAKEN_MS = 60_000

/** A crowd has settled when none of its requests was answered for so long, in milliseconds. */
const SETTLED_MS = 2_000
/** The aims for a crowd whose runners differ; times in milliseconds. */
const CROWD_AIMS = { taken: 50, searches: 20, healthP99: 20 }

/** Many waiting runners: how soon one of them gets a job, and what that costs the others. */
export const heldPolls: Row = {
  name: 'held',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway({ LONG_POLL_SECONDS: '590' })
    const polls = await knownPolls(site, {
      runners: RUNNERS,
      managers: MANAGERS,
      jobsOf: (runner) => ({ tags: [tagOf(runner)], untagged: WOKEN <= runner && runner < RUNNERS - ALIKE }),
    })
    await using opened = new AsyncDisposableStack()
    const held = await hold(site, polls)
    opened.defer(async () => {
      for (const { connection } of held.flat()) connection.close()
    })

    const delays: number[] = []
    const meter = new CpuMeter(site.processes)
    const wakeInTurn = async () => {
      for (let runner = 0; runner < WOKEN; runner++) {
        delays.push(await wakeUp(site, [tagOf(runner)], held[runner] ?? []))
        await pause(10)
      }
    }
    const whileOne = await healthDuring(site, () => meter.during(wakeInTurn, () => WOKEN))
    const alike = await wakeCrowd(site, [FLEET], held.slice(RUNNERS - ALIKE).flat())
    const unlike = await wakeCrowd(site, [], held.slice(WOKEN, RUNNERS - ALIKE).flat())

    return [
      {
        what: `${shown(POLLS)} held polls, one wakes, p50 / p99`,
        ours: `${percentile(delays, 0.5).toFixed(1)} / ${percentile(delays, 0.99).toFixed(1)} ms`,
        cpu: meter.perOperation,
      },
      { what: 'meanwhile, /healthz, p50 / p99 / max', ours: spreadOf(whileOne) },
      ...crowdRows('similar', alike),
      ...crowdRows('different', unlike, CROWD_AIMS),
    ]
  },
}

const shown = (count: number): string => count.toLocaleString('en')

interface Crowd {
  readonly polls: number
  /** Milliseconds. */
  readonly taken: number
  /** How many of its requests were woken: each of them searched, or shared a search. */
  readonly searches: number
  /** Milliseconds. */
  readonly health: readonly number[]
  readonly cpu: string
}

function crowdRows(kind: string, { polls, taken, searches, health, cpu }: Crowd, aims?: typeof CROWD_AIMS) {
  const name = `crowd of ${shown(polls)}`
  const healthP99 = percentile(health, 0.99)
  const against = (value: number, aim: number | undefined) =>
    aim === undefined ? {} : { aim: `≤ ${aim}`, met: value <= aim }
  return [
    { what: `${name}: taken (ms)`, ours: `${taken.toFixed(0)}, ${kind} runners`, ...against(taken, aims?.taken), cpu },
    { what: `${name}: searches`, ours: String(searches), ...against(searches, aims?.searches), cpu },
    { what: `${name}: /healthz p99 (ms)`, ours: healthP99.toFixed(0), ...against(healthP99, aims?.healthP99), cpu },
  ]
}

const FLEET = 'fleet'
const tagOf = (runner: number): string => (runner < RUNNERS - ALIKE ? `runner-${runner}` : FLEET)

/** Creates one job that any of these polls could take, and waits until no more of them are woken. */
async function wakeCrowd(site: Site, tags: readonly string[], crowd: readonly HeldPoll[]): Promise<Crowd> {
  let taken = 0
  let searches = 0
  for (const { answer } of crowd)
    void answer.then(
      () => searches++,
      () => undefined,
    )
  const meter = new CpuMeter(site.processes)
  const wakeOne = async () => {
    taken = await wakeUp(site, tags, crowd)
    for (let before = -1; before < searches; ) {
      before = searches
      await pause(SETTLED_MS)
    }
  }
  const health = await healthDuring(site, () => meter.during(wakeOne, () => 1))
  return { polls: crowd.length, taken, searches, health, cpu: meter.perOperation }
}

/** Returns the answer times of `/healthz` during `work`, in milliseconds. */
async function healthDuring(site: Site, work: () => Promise<void>): Promise<number[]> {
  const delays: number[] = []
  let over = false
  const looking = (async () => {
    do {
      const begun = performance.now()
      await (await fetch(`${site.url}/healthz`)).text()
      delays.push(performance.now() - begun)
      await pause(HEALTH_MS)
    } while (!over)
  })()
  await work()
  over = true
  await looking
  return delays
}

const spreadOf = (delays: readonly number[]): string =>
  `${[0.5, 0.99, 1].map((part) => percentile(delays, part).toFixed(0)).join(' / ')} ms`

/** Returns the milliseconds from the answer of `jobs.create` until one of these polls has the job, at least 0. */
async function wakeUp(site: Site, tags: readonly string[], held: readonly HeldPoll[]): Promise<number> {
  const taken = Promise.any(
    held.map(async ({ answer }) => {
      const { status, at } = await answer
      if (status !== 201) throw new Error(`${status}`)
      return at
    }),
  )
  await site.admin.mutate('jobs.create', {
    name: 'sample',
    definition: { script: ['true'], tags },
  })
  const created = performance.now()
  const late = new AbortController()
  const limit = pause(TAKEN_MS, undefined, { signal: late.signal })
  limit.catch(() => undefined)
  const at = await Promise.race([taken, limit])
  late.abort()
  if (at === undefined) throw new Error(`no poll got the job with the tags ${JSON.stringify(tags)}`)
  return Math.max(0, at - created)
}
