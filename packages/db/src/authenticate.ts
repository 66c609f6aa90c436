import type { RunnerStore } from '@yardmaster/domain/ports'
import type { Database } from './database.ts'
import { MANAGER_COLUMNS, type ManagerRow, RUNNER_COLUMNS, type RunnerRow, toManager, toRunner } from './runner-row.ts'

type Authenticate = RunnerStore['authenticate']
type Authenticated = Awaited<ReturnType<Authenticate>>

const IS_VALID = '(r.token_expires_at is null or r.token_expires_at > now())'
const managerNamed = (systemId: string): string => `lateral (
    select ${MANAGER_COLUMNS} from runner_managers m where m.runner_id = r.id and m.system_id = ${systemId}
  ) m on true`

const ONE = {
  name: 'authenticate-runner',
  text: `
select ${RUNNER_COLUMNS}, to_json(m) as manager
  from runners r
  left join ${managerNamed('$2')}
 where r.token_digest = $1 and ${IS_VALID}`,
}

const MANY = {
  name: 'authenticate-runners',
  text: `
select asked.number::int, ${RUNNER_COLUMNS}, to_json(m) as manager
  from unnest($1::text[], $2::text[]) with ordinality as asked (token_digest, system_id, number)
  join runners r on r.token_digest = asked.token_digest and ${IS_VALID}
  left join ${managerNamed('asked.system_id')}`,
}

/** Concurrent statements; callers that come meanwhile wait for the next one and share it. */
const AT_ONCE = 2
const MOST_TOGETHER = 64

interface Asked {
  readonly tokenDigest: string
  readonly systemId: string
  readonly resolve: (answer: Authenticated) => void
  readonly reject: (error: unknown) => void
}

/**
 * Implements `RunnerStore.authenticate`. When a job comes, thousands of runners poll at the same moment. Callers that
 * have to wait share statements, in their order of arrival; each statement begins after its callers came.
 */
export function authenticator(db: Database): Authenticate {
  const waiting: Asked[] = []
  let running = 0

  async function ask(together: readonly Asked[]): Promise<void> {
    const [first] = together
    if (first && together.length === 1) {
      const [row] = await db.query<AuthenticatedRow>(ONE, [first.tokenDigest, first.systemId])
      return first.resolve(row ? toAuthenticated(row) : null)
    }
    const rows = await db.query<AuthenticatedRow & { number: number }>(MANY, [
      together.map(({ tokenDigest }) => tokenDigest),
      together.map(({ systemId }) => systemId),
    ])
    const found = new Map(rows.map((row) => [row.number, row]))
    for (const [index, { resolve }] of together.entries()) {
      const row = found.get(index + 1)
      resolve(row ? toAuthenticated(row) : null)
    }
  }

  function goOn(): void {
    while (running < AT_ONCE && waiting.length > 0) {
      const together = waiting.splice(0, MOST_TOGETHER)
      running += 1
      ask(together)
        .catch((error: unknown) => {
          for (const { reject } of together) reject(error)
        })
        .finally(() => {
          running -= 1
          goOn()
        })
    }
  }

  return (tokenDigest, systemId) =>
    new Promise((resolve, reject) => {
      waiting.push({ tokenDigest, systemId, resolve, reject })
      goOn()
    })
}

type AuthenticatedRow = RunnerRow & { manager: JsonManagerRow | null }

const toAuthenticated = (row: AuthenticatedRow): Authenticated => ({
  runner: toRunner(row),
  manager: row.manager && toManager(withDates(row.manager)),
})

/** A row returned as JSON has its times as text. */
type JsonManagerRow = Omit<ManagerRow, 'contacted_at' | 'created_at' | 'updated_at'> & {
  contacted_at: string | null
  created_at: string
  updated_at: string
}

const withDates = (row: JsonManagerRow): ManagerRow => ({
  ...row,
  contacted_at: row.contacted_at === null ? null : new Date(row.contacted_at),
  created_at: new Date(row.created_at),
  updated_at: new Date(row.updated_at),
})
