import { setTimeout as pause } from 'node:timers/promises'
import type { FakeRunner } from '../../support/fake-runner.ts'
import { CONNECTIONS, Form, type Site } from '../form.ts'
import { type Answer, Connection } from '../load.ts'
import { pollRequest } from '../polling.ts'
import { percentile } from '../rounds.ts'
import type { Row } from '../row.ts'

const RUNNERS = 500
const MANAGERS = 10
const POLLS = RUNNERS * MANAGERS
const AIM_KIB = 20
/** Runners that are woken one by one, each by a job that only it can take. */
const WOKEN = 100

interface HeldPoll {
  readonly connection: Connection
  readonly answer: Promise<Answer & { readonly at: number }>
}

/** Many runners that wait: what each costs, and how soon it has its job. */
export const heldPolls: Row = {
  name: 'held',
  async measure(kind) {
    await using form = await Form.open(kind)
    const site = await form.gateway({ LONG_POLL_SECONDS: '590' })
    const polls = await knownPolls(site)
    await using opened = new AsyncDisposableStack()

    const before = await site.metric('process_resident_memory_bytes')
    const held = await hold(site, polls)
    opened.defer(async () => {
      for (const { connection } of held.flat()) connection.close()
    })
    const kib = ((await site.metric('process_resident_memory_bytes')) - before) / POLLS / 1024

    const delays: number[] = []
    for (let runner = 0; runner < WOKEN; runner++) {
      delays.push(await wakeUp(site, `runner-${runner}`, held[runner] ?? []))
      await pause(10)
    }
    const begun = performance.now()
    const rest = held.slice(WOKEN).flat()
    const first = await wakeUp(site, null, rest)
    await Promise.all(rest.map(({ answer }) => answer))
    const all = performance.now() - begun

    const shown = POLLS.toLocaleString('en')
    return [
      {
        what: `${shown} held polls, memory for each`,
        ours: `${kib.toFixed(1)} KiB`,
        aim: `< ${AIM_KIB} KiB`,
        met: kib < AIM_KIB,
      },
      {
        what: `${shown} held polls, one wakes, p50 / p99`,
        ours: `${percentile(delays, 0.5).toFixed(1)} / ${percentile(delays, 0.99).toFixed(1)} ms`,
      },
      {
        what: `one job for ${rest.length.toLocaleString('en')}: taken / all answered`,
        ours: `${first.toFixed(0)} / ${all.toFixed(0)} ms`,
      },
    ]
  },
}

/** Polls of runners that know the current value, in groups that share a token. */
async function knownPolls(site: Site): Promise<Buffer[][]> {
  const groups: Buffer[][] = []
  const join = async () => {
    while (groups.length < RUNNERS) {
      const group: Buffer[] = []
      const index = groups.push(group) - 1
      const runner = await site.runner({ tagList: `runner-${index}`, runUntagged: true })
      for (let manager = 0; manager < MANAGERS; manager++) group.push(await knownPoll(runner, `s_${manager}`))
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

/** Milliseconds from the answer that a job was created until one of these has it; 0 when it had it before. */
async function wakeUp(site: Site, tag: string | null, held: readonly HeldPoll[]): Promise<number> {
  const taken = Promise.any(
    held.map(async ({ answer }) => {
      const { status, at } = await answer
      if (status !== 201) throw new Error(`${status}`)
      return at
    }),
  )
  await site.admin.mutate('jobs.create', {
    name: 'sample',
    definition: { script: ['true'], ...(tag !== null && { tags: [tag] }) },
  })
  const created = performance.now()
  return Math.max(0, (await taken) - created)
}
