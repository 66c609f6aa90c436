import { CONNECTIONS, type Site } from './form.ts'
import { type Exchange, Load } from './load.ts'
import { pollRequest } from './polling.ts'
import { GrowingLog } from './tracing.ts'

/** Most jobs that one request may create. */
const BATCH = 500

/** Starts jobs on one runner. Returns their logs, which are empty. */
export async function runningJobs(site: Site, jobs: number): Promise<GrowingLog[]> {
  for (let left = jobs; left > 0; left -= BATCH) {
    const batch = Array.from({ length: Math.min(left, BATCH) }, (_, index) => ({
      name: `sample ${index}`,
      definition: { script: ['true'] },
    }))
    await site.admin.mutate('jobs.createMany', { jobs: batch })
  }
  const poll = pollRequest(await site.runner(), null)
  const logs: GrowingLog[] = []
  await using load = await Load.open(site.url, CONNECTIONS)
  const answered = (_connection: number, body: Buffer) =>
    void logs.push(new GrowingLog(JSON.parse(body.toString()) as { id: number; token: string }))
  await load.run({ expected: 201, next: () => poll, answered }, { requests: jobs })
  return logs
}

/** Patches of logs that are shared out to connections; each takes its own in turn. */
export function patches(logs: readonly GrowingLog[], connections: number): Exchange {
  const shares = Array.from({ length: connections }, (_, connection) =>
    logs.filter((_log, index) => index % connections === connection),
  )
  const turns = shares.map(() => 0)
  const current = (connection: number) => {
    const share = shares[connection] ?? []
    return share[(turns[connection] ?? 0) % share.length] as GrowingLog
  }
  return {
    expected: 202,
    next: (connection) => current(connection).nextPiece(),
    answered(connection) {
      current(connection).answered()
      turns[connection] = (turns[connection] ?? 0) + 1
    },
  }
}
