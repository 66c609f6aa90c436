import { setTimeout as pause } from 'node:timers/promises'
import type { FakeRunner } from '../../support/fake-runner.ts'
import { COLLECTABLE, collectGarbage } from '../collect-garbage.ts'
import { CONNECTIONS, Form, type Site } from '../form.ts'
import { type Answer, Connection } from '../load.ts'
import { pollRequest } from '../polling.ts'
import { percentile } from '../rounds.ts'
import type { Row } from '../row.ts'

const RUNNERS = 1_000
const MANAGERS = 10
const POLLS = RUNNERS * MANAGERS
const AIM_KIB = 16
/** Number of runners that are woken one by one, each by a job that only it can take. */
const WOKEN = 100
/** Number of runners that take the same jobs; each of the others has a tag of its own. */
const ALIKE = 400
const HEALTH_MS = 10

/** A crowd has settled when none of its requests was answered for so long, in milliseconds. */
const SETTLED_MS = 2_000
/** The aims for a crowd whose runners differ; times in milliseconds. */
const CROWD_AIMS = { taken: 50, searches: 20, healthP99: 20 }

interface HeldPoll {
  readonly connection: Connection
  readonly answer: Promise<Answer & { readonly at: number }>
}

/** Many waiting runners: the memory each takes, and how soon it gets a job. */
export const heldPolls: Row = {
  name: 'held',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway({ LONG_POLL_SECONDS: '590', ...COLLECTABLE })
    const polls = await knownPolls(site)
    await using opened = new AsyncDisposableStack()

    const before = await inUse(site)
    const held = await hold(site, polls)
    opened.defer(async () => {
      for (const { connection } of held.flat()) connection.close()
    })
    const after = await inUse(site)
    const [kib = 0, heapKib = 0] = after.map((bytes, index) => (bytes - (before[index] ?? 0)) / POLLS / 1024)

    const delays: number[] = []
    const whileOne = await healthDuring(site, async () => {
      for (let runner = 0; runner < WOKEN; runner++) {
        delays.push(await wakeUp(site, [tagOf(runner)], held[runner] ?? []))
        await pause(10)
      }
    })
    const alike = await wakeCrowd(site, [FLEET], held.slice(RUNNERS - ALIKE).flat())
    const unlike = await wakeCrowd(site, [], held.slice(WOKEN, RUNNERS - ALIKE).flat())

    return [
      {
        what: `${shown(POLLS)} held polls, memory for each`,
        ours: `${kib.toFixed(1)} KiB resident, ${heapKib.toFixed(1)} KiB of that objects`,
        aim: `< ${AIM_KIB} KiB`,
        met: kib < AIM_KIB,
      },
      {
        what: `${shown(POLLS)} held polls, one wakes, p50 / p99`,
        ours: `${percentile(delays, 0.5).toFixed(1)} / ${percentile(delays, 0.99).toFixed(1)} ms`,
      },
      { what: 'meanwhile, /healthz, p50 / p99 / max', ours: spreadOf(whileOne) },
      ...crowdRows('similar', alike),
      ...crowdRows('different', unlike, CROWD_AIMS),
    ]
  },
}

/** Returns bytes without garbage: resident memory, and JavaScript objects. */
async function inUse(site: Site): Promise<number[]> {
  // The second round collects what finalizers of the first made unreachable.
  for (let round = 0; round < 2; round++) await collectGarbage(site)
  return [await site.metric('process_resident_memory_bytes'), await site.metric('nodejs_heap_size_used_bytes')]
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
}

function crowdRows(kind: string, { polls, taken, searches, health }: Crowd, aims?: typeof CROWD_AIMS) {
  const name = `crowd of ${shown(polls)}`
  const healthP99 = percentile(health, 0.99)
  const against = (value: number, aim: number | undefined) =>
    aim === undefined ? {} : { aim: `≤ ${aim}`, met: value <= aim }
  return [
    { what: `${name}: taken (ms)`, ours: `${taken.toFixed(0)}, ${kind} runners`, ...against(taken, aims?.taken) },
    { what: `${name}: searches`, ours: String(searches), ...against(searches, aims?.searches) },
    { what: `${name}: /healthz p99 (ms)`, ours: healthP99.toFixed(0), ...against(healthP99, aims?.healthP99) },
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
  const health = await healthDuring(site, async () => {
    taken = await wakeUp(site, tags, crowd)
    for (let before = -1; before < searches; ) {
      before = searches
      await pause(SETTLED_MS)
    }
  })
  return { polls: crowd.length, taken, searches, health }
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

/** Returns polls with the current queue value, grouped by token. */
async function knownPolls(site: Site): Promise<Buffer[][]> {
  const groups: Buffer[][] = []
  const join = async () => {
    while (groups.length < RUNNERS) {
      const group: Buffer[] = []
      const index = groups.push(group) - 1
      const runner = await site.runner({ tagList: tagOf(index), runUntagged: tagOf(index) !== FLEET })
      for (let manager = 0; manager < MANAGERS; manager++) group.push(await knownPoll(runner, `s_${index}_${manager}`))
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, join))
  return groups
}

async function knownPoll(runner: FakeRunner, systemId: string): Promise<Buffer> {
  const reply = await runner.request({ system_id: systemId, last_update: '' })
  if (reply.status !== 204) throw new Error(`${reply.status} ${reply.text}`)
  return pollRequest({ token: runner.token, systemId }, runner.lastUpdate)
}

async function hold(site: Site, polls: readonly (readonly Buffer[])[]): Promise<HeldPoll[][]> {
  const { hostname, port } = new URL(site.url)
  const held: HeldPoll[][] = []
  for (const group of polls) {
    held.push(
      await Promise.all(
        group.map(async (poll) => {
          const connection = await Connection.open(hostname, Number(port))
          const answer = connection.exchange(poll).then((answer) => ({ ...answer, at: performance.now() }))
          answer.catch(() => undefined)
          return { connection, answer }
        }),
      ),
    )
  }
  while ((await site.metric('yardmaster_held_polls')) < POLLS) await pause(50)
  return held
}

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
  return Math.max(0, (await taken) - created)
}
