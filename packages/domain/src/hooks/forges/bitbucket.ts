import { z } from 'zod'
import { type ForgeEvent, type MergeRequestEvent, NO_OPTIONS } from '../forge-event.ts'
import { changeOf, Flag, type Forge, FullRef, Iid, missing, Name, RefName, Sha, Text } from './forge.ts'

const Side = z.object({
  displayId: RefName,
  latestCommit: Sha.nullish(),
  repository: z
    .object({
      id: z.number().nullish().catch(null),
      slug: Name,
      project: z.object({ key: Name }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
})

const Fields = z.object({
  actor: z.object({ name: Name }).nullish().catch(null),
  changes: z
    .array(
      z.object({
        ref: z.object({ id: FullRef }),
        fromHash: z.string(),
        toHash: z.string(),
      }),
    )
    .nullish(),
  toCommit: z.object({ id: z.string(), message: Text }).nullish().catch(null),
  pullRequest: z
    .object({
      id: Iid,
      title: Text,
      description: Text,
      draft: Flag,
      author: z
        .object({ user: z.object({ name: Name }).nullish().catch(null) })
        .nullish()
        .catch(null),
      fromRef: Side,
      toRef: Side,
    })
    .nullish(),
})

const ACTIONS: Readonly<Record<string, MergeRequestEvent['action']>> = {
  'pr:opened': 'opened',
  'pr:reopened': 'reopened',
  'pr:from_ref_updated': 'commits',
  'pr:modified': 'changed',
  'pr:declined': 'closed',
  'pr:deleted': 'closed',
  'pr:merged': 'merged',
}

function parse(event: string, body: unknown): ForgeEvent {
  if (event === 'diagnostics:ping') return { kind: 'ping' }
  if (event === 'repo:refs_changed') return pushOf(Fields.parse(body))
  const action = Object.hasOwn(ACTIONS, event) ? ACTIONS[event] : undefined
  return action ? pullRequestOf(action, Fields.parse(body)) : { kind: 'other' }
}

function pushOf({ actor, changes, toCommit }: z.infer<typeof Fields>): ForgeEvent {
  if (!changes) throw missing('changes')
  return {
    kind: 'push',
    changes: changes.flatMap(({ ref, fromHash, toHash }) => {
      const message = toCommit?.id === toHash ? toCommit.message : null
      return changeOf(ref.id, { before: fromHash, after: toHash, message }) ?? []
    }),
    user: actor?.name ?? null,
    options: NO_OPTIONS,
  }
}

function pullRequestOf(
  action: MergeRequestEvent['action'],
  { pullRequest: request }: z.infer<typeof Fields>,
): ForgeEvent {
  if (!request) throw missing('pullRequest')
  const { fromRef: from, toRef: to } = request
  const isSame = from.repository?.id != null && from.repository.id === to.repository?.id
  const { slug = null, project } = from.repository ?? {}
  return {
    kind: 'merge_request',
    action,
    iid: request.id,
    sourceBranch: from.displayId,
    targetBranch: to.displayId,
    sha: Sha.parse(from.latestCommit),
    fork: !isSame,
    sourcePath: slug !== null && project?.key ? `${project.key}/${slug}` : null,
    title: request.title,
    description: request.description,
    labels: [],
    assignees: [],
    milestone: null,
    draft: request.draft,
    diffBaseSha: null,
    author: request.author?.user?.name ?? null,
    message: null,
  }
}

/** Bitbucket Server and Data Center. @see https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html */
export const bitbucket: Forge = {
  proof: { by: 'hmac', headers: ['x-hub-signature'], prefix: 'sha256=', ofJson: false },
  eventHeaders: ['x-event-key'],
  keyHeaders: ['x-request-id'],
  body: 'json',
  fields: Fields,
  parse,
}
