import { setTimeout as pause } from 'node:timers/promises'
import type { FakeRunner, RunnerOptions } from '../support/fake-runner.ts'
import { CONNECTIONS, type Site } from './form.ts'
import { type Answer, Connection } from './load.ts'
import { pollRequest } from './polling.ts'

export interface HeldPoll {
  readonly connection: Connection
  readonly answer: Promise<Answer & { readonly at: number }>
}

export interface Fleet {
  readonly runners: number
  /** Managers of each runner, each of which polls. */
  readonly managers: number
  /** @param runner - its number, from 0. */
  optionsOf(runner: number): RunnerOptions
}

/** Registers runners. Returns polls with the current queue value, grouped by runner. */
export async function knownPolls(site: Site, { runners, managers, optionsOf }: Fleet): Promise<Buffer[][]> {
  const groups: Buffer[][] = []
  const join = async () => {
    while (groups.length < runners) {
      const group: Buffer[] = []
      const index = groups.push(group) - 1
      const runner = await site.runner(optionsOf(index))
      for (let manager = 0; manager < managers; manager++) group.push(await knownPoll(runner, `s_${index}_${manager}`))
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

/** Sends polls, each over a connection of its own, and waits until all of them are held. */
export async function hold(site: Site, polls: readonly (readonly Buffer[])[]): Promise<HeldPoll[][]> {
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
  const all = polls.flat().length
  while ((await site.metric('yardmaster_held_polls')) < all) await pause(50)
  return held
}
