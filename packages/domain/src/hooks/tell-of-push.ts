import type { PushedChange } from '../ports.ts'
import { newOpaqueValue } from '../tokens.ts'
import type { NewHookDelivery } from './delivery.ts'
import { readEvent } from './forges.ts'
import { subjectsOf } from './subjects.ts'

/** Who pushed, and what `git push -o` said. */
interface Pusher {
  readonly user: string
  readonly options: readonly string[]
}

const NONE = '0'.repeat(40)
const BRANCH_OR_TAG = /^refs\/(?:heads|tags)\//

/**
 * Returns the delivery that tells of a push to a repository that is kept here, as one of kind `git` would; null when no
 * branch and no tag has a new commit.
 */
export function tellOfPush(
  projectId: number,
  made: readonly PushedChange[],
  { user, options }: Pusher,
): NewHookDelivery | null {
  const changes = made.flatMap(({ name, from, commit }) =>
    commit === null || !BRANCH_OR_TAG.test(name)
      ? []
      : [{ before: from ?? NONE, after: commit, ref: name, skip: false }],
  )
  if (changes.length === 0) return null
  const payload = { event: 'push', body: { changes, options, user } }
  const { event, body } = payload
  return {
    ...{ projectId, kind: 'git', event, payload },
    key: `pushed-${newOpaqueValue()}`,
    subjects: subjectsOf(readEvent('git', event, body)),
  }
}
