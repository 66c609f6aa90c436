import type { Client } from './client.ts'
import type { Environment } from './environment.ts'
import { localFailure } from './failure.ts'
import type { Connection } from './http.ts'
import type { Output } from './table.ts'
import type { Target } from './target.ts'
import type { Terminal } from './terminal.ts'

/** What every verb gets. */
export interface Tools {
  readonly environment: Environment
  readonly terminal: Terminal
  readonly output: Output
  /** The context that `--context` names. */
  readonly context: string | null
  readonly timeoutMs: number
  /** Aborts when the user presses Ctrl+C. */
  readonly signal: AbortSignal
  /** Lets a verb deal with the next Ctrl+C itself; after it, one more ends the command. Null: no longer. */
  readonly onInterrupt: (deal: (() => void) | null) => void
}

/** What verbs get that talk to a server. */
export interface ServerTools extends Tools {
  readonly target: Target
  readonly connection: Connection
  readonly client: Client
}

/** Reads the id of something. @throws Failure when it is none. */
export function idOf(given: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(given)) throw localFailure(`${given} is not an id: a number is expected.`)
  return Number(given)
}

/** Finds the id of a project that is given by its id or its path. @throws Failure when there is none. */
export async function projectIdOf({ client }: ServerTools, given: string): Promise<number> {
  if (/^[1-9][0-9]{0,14}$/.test(given)) return Number(given)
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Client['projects']['list']['query']>> = await client.projects.list.query({
      search: given,
      limit: 100,
      ...(cursor !== null && { cursor }),
    })
    const found = page.items.find(({ path }) => path === given)
    if (found) return found.id
    cursor = page.nextCursor
  } while (cursor !== null)
  throw localFailure(`There is no project ${given}.`, 'Give its path, such as group/name, or its id.')
}

/**
 * Reads pages of a list until there are as many rows as the user wants.
 *
 * @param read - reads one page.
 */
export async function rowsOf<T>(
  wanted: number,
  read: (page: { limit: number; cursor?: string }) => Promise<{ items: readonly T[]; nextCursor: string | null }>,
): Promise<{ rows: readonly T[]; more: boolean }> {
  const rows: T[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(100, wanted - rows.length)
    const page = await read({ limit, ...(cursor !== null && { cursor }) })
    rows.push(...page.items.slice(0, limit))
    // A server that repeats its cursor would be read for ever.
    if (page.items.length === 0) return { rows, more: false }
    cursor = page.nextCursor
  } while (cursor !== null && rows.length < wanted)
  return { rows, more: cursor !== null }
}
