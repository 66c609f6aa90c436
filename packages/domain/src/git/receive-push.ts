import { ok, type Result } from '@yardmaster/common'
import type { RepositoryUnavailable } from '../errors.ts'
import { HOOKS_TOPIC, tellOfPush } from '../hooks/index.ts'
import type { GitBusy, PushedChange, PushOutcome, RefChange } from '../ports.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import { isRefName } from './ref-name.ts'

export interface Push {
  readonly changes: readonly RefChange[]
  /** Whether all changes are made or none. */
  readonly isAtomic: boolean
  /** What `git push -o` said. */
  readonly options: readonly string[]
  /** Who pushes, as pipelines name their maker. */
  readonly user: string
  readonly pack: AsyncIterable<Uint8Array>
  readonly signal: AbortSignal
}

const NAMES = /^refs\/(heads|tags|runs)\/(.+)$/s
/** Characters. Longer names do not fit into a pipeline. */
const LONGEST_NAME = 255

/**
 * Receives a push into the repository of a project that has no address. Refs outside of `refs/heads`, `refs/tags` and
 * `refs/runs` are refused, and so is what would take commits from a protected branch. New commits of branches and tags
 * start pipelines, as those that a forge tells of do.
 */
export async function receivePush(
  { gitServer, events, background }: Pick<Services, 'gitServer' | 'events' | 'background'>,
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
    const reasons = names.map((name) => [name, refused.get(name) ?? 'atomic push failed'] as const)
    return ok({ pack: null, refs: new Map(reasons), deliveryId: null })
  }
  const isProtected = (name: string): boolean => isProtectedRef(project.protectedRefs, NAMES.exec(name)?.[2] ?? '')
  const tell = (made: readonly PushedChange[]) => tellOfPush(project.id, made, push)
  const received = await gitServer.receivePush(project, { ...push, changes, isProtected, tell })
  if (!received.ok) return received
  const { pack, refs, deliveryId } = received.value
  // The push is stored: what fails from here on must not look as if it were not.
  if (deliveryId !== null) background.run('announce a push', () => events.publish(HOOKS_TOPIC))
  return ok({ pack, refs: new Map([...refs, ...refused]), deliveryId })
}

const TWICE = 'it is changed twice'

function refusalOf(name: string): string | null {
  const short = NAMES.exec(name)?.[2]
  if (short === undefined) return 'only refs/heads, refs/tags and refs/runs can be pushed'
  return short.length <= LONGEST_NAME && isRefName(short) && !short.startsWith('-') ? null : 'this is no name of a ref'
}
