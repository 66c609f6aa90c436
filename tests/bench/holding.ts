import { setTimeout as pause } from 'node:timers/promises'
import { type Fleet, fillFleet, queueValueOf } from './fill-fleet.ts'
import { CONNECTIONS, type Site } from './form.ts'
import { type Answer, Connection } from './load.ts'
import { pollRequest } from './polling.ts'

export interface HeldPoll {
  readonly connection: Connection
  readonly answer: Promise<Answer & { readonly at: number }>
}

/** Makes a fleet of runners. Returns polls with the current queue value, grouped by runner. */
export async function knownPolls(site: Site, fleet: Fleet): Promise<Buffer[][]> {
  const runners = await fillFleet(site, fleet)
  const polls: Buffer[][] = []
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, first) => {
      for (let at = first; at < runners.length; at += CONNECTIONS) {
        const runner = runners[at]
        if (!runner) continue
        const value = await queueValueOf(site, runner)
        polls[at] = runner.systemIds.map((systemId) => pollRequest({ token: runner.token, systemId }, value))
      }
    }),
  )
  return polls
}

/** Sends polls, each over a connection of its own, and waits until all of them are held. */
export async function hold(site: Site, polls: readonly (readonly Buffer[])[]): Promise<HeldPoll[][]> {
  const { hostname, port } = new URL(site.url)
  const held: HeldPoll[][] = []
  let answered = 0
  for (const group of polls) {
    held.push(
      await Promise.all(
        group.map(async (poll) => {
          const connection = await Connection.open(hostname, Number(port))
          const answer = connection.exchange(poll).then((answer) => ({ ...answer, at: performance.now() }))
          answer.then(
            () => answered++,
            () => answered++,
          )
          return { connection, answer }
        }),
      ),
    )
  }
  const all = polls.flat().length
  while ((await site.metric('yardmaster_held_polls')) < all) {
    if (answered > 0) throw new Error(`${answered} of ${all} polls were answered and not held`)
    await pause(50)
  }
  return held
}
