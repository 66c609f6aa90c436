import { ok, type Result } from '@yardmaster/common'
import type { RepositoryUnavailable } from '../errors.ts'
import type { GitBusy, Ports, PushOutcome, RefChange } from '../ports.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'
import { isRefName } from './ref-name.ts'

export interface Push {
  readonly changes: readonly RefChange[]
  /** Whether all changes are made or none. */
  readonly isAtomic: boolean
  readonly pack: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

const NAMES = /^refs\/(heads|tags|runs)\/(.+)$/s
/** Characters. Longer names do not fit into a pipeline. */
const LONGEST_NAME = 255

/**
 * Receives a push into the repository of a project that has no address. Refs outside of `refs/heads`, `refs/tags` and
 * `refs/runs` are refused, and so is what would take commits from a protected branch.
 */
export async function receivePush(
  { gitServer }: Pick<Ports, 'gitServer'>,
  project: Project,
  push: Push,
): Promise<Result<PushOutcome, RepositoryUnavailable | GitBusy>> {
  const refused = new Map<string, string>()
  const changes: RefChange[] = []
  for (const change of push.changes) {
    const reason = refusalOf(change.name) ?? (changes.some(({ name }) => name === change.name) ? TWICE : null)
    if (reason === null) changes.push(change)
    else refused.set(change.name, reason)
  }
  if (changes.length === 0 || (push.isAtomic && refused.size > 0)) {
    const names = push.changes.map(({ name }) => name)
    return ok({ pack: null, refs: new Map(names.map((name) => [name, refused.get(name) ?? 'atomic push failed'])) })
  }
  const isProtected = (name: string): boolean => isProtectedRef(project.protectedRefs, NAMES.exec(name)?.[2] ?? '')
  const received = await gitServer.receivePush(project, { ...push, changes, isProtected })
  if (!received.ok) return received
  return ok({ pack: received.value.pack, refs: new Map([...received.value.refs, ...refused]) })
}

const TWICE = 'it is changed twice'

function refusalOf(name: string): string | null {
  const short = NAMES.exec(name)?.[2]
  if (short === undefined) return 'only refs/heads, refs/tags and refs/runs can be pushed'
  return short.length <= LONGEST_NAME && isRefName(short) && !short.startsWith('-') ? null : 'this is no name of a ref'
}
