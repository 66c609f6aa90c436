import { z } from 'zod'
import type { ForgeEvent, MergeRequestEvent } from '../forge-event.ts'
import {
  changeOf,
  Flag,
  type Forge,
  FullRef,
  Iid,
  listOf,
  missing,
  Name,
  namesIn,
  pushOptions,
  RefName,
  Sha,
  Text,
} from './forge.ts'

const Place = z.object({ path_with_namespace: Name }).nullish().catch(null)

const Fields = z.object({
  object_kind: z.string().nullish().catch(null),
  ref: FullRef.nullish(),
  before: z.string().nullish(),
  after: z.string().nullish(),
  checkout_sha: z.string().nullish().catch(null),
  user_username: Name,
  commits: listOf(z.object({ id: z.string(), message: Text })),
  push_options: z
    .object({
      ci: z
        .object({
          skip: z.union([z.boolean(), z.string(), z.number()]).nullish().catch(null),
          variable: z.record(z.string(), z.unknown()).nullish().catch(null),
        })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
  user: z.object({ username: Name }).nullish().catch(null),
  labels: listOf(z.object({ title: Name })),
  assignees: listOf(z.object({ username: Name })),
  object_attributes: z
    .object({
      iid: Iid,
      action: z.string().nullish().catch(null),
      oldrev: z.string().nullish().catch(null),
      source_branch: RefName,
      target_branch: RefName,
      source_project_id: z.number().nullish().catch(null),
      target_project_id: z.number().nullish().catch(null),
      title: Text,
      description: Text,
      draft: Flag,
      work_in_progress: Flag,
      last_commit: z.object({ id: Sha, message: Text }),
      source: Place,
    })
    .nullish(),
})
type Fields = z.infer<typeof Fields>

const ACTIONS: Readonly<Record<string, MergeRequestEvent['action']>> = {
  open: 'opened',
  reopen: 'reopened',
  close: 'closed',
  merge: 'merged',
}

/** The header names the kind of hook, which for system hooks is the same for all events, so that the payload decides. */
function parse(_event: string, body: unknown): ForgeEvent {
  const { object_kind: kind } = z.object({ object_kind: z.string().nullish().catch(null) }).parse(body)
  if (kind === 'push' || kind === 'tag_push') return pushOf(Fields.parse(body))
  return kind === 'merge_request' ? mergeRequestOf(Fields.parse(body)) : { kind: 'other' }
}

function pushOf({ ref, before = null, after = null, checkout_sha: commit, commits, ...rest }: Fields): ForgeEvent {
  const isGone = after === null || /^0+$/.test(after)
  // The id of an annotated tag is that of the tag.
  const newest = isGone ? after : (commit ?? after)
  const message = commits?.find((one) => one?.id === newest)?.message ?? null
  const change = changeOf(FullRef.parse(ref), { before, after: newest, message })
  const { skip, variable } = rest.push_options?.ci ?? {}
  const given = Object.keys(variable ?? {}).map((pair) => `ci.variable=${pair}`)
  const isSkip = skip === true || skip === 'true' || skip === 1
  return {
    kind: 'push',
    changes: change ? [change] : [],
    user: rest.user_username,
    options: pushOptions([...(isSkip ? ['ci.skip'] : []), ...given]),
  }
}

function mergeRequestOf({ object_attributes: request, user, labels, assignees }: Fields): ForgeEvent {
  if (!request) throw missing('object_attributes')
  const action = request.action ?? ''
  const changed = request.oldrev ? 'commits' : 'changed'
  const isSame = request.source_project_id != null && request.source_project_id === request.target_project_id
  return {
    kind: 'merge_request',
    action: action === 'update' ? changed : (Object.hasOwn(ACTIONS, action) && ACTIONS[action]) || 'changed',
    iid: request.iid,
    sourceBranch: request.source_branch,
    targetBranch: request.target_branch,
    sha: request.last_commit.id,
    fork: !isSame,
    sourcePath: request.source?.path_with_namespace ?? null,
    title: request.title,
    description: request.description,
    labels: namesIn(labels?.map((label) => label && { name: label.title })),
    assignees: namesIn(assignees?.map((assignee) => assignee && { name: assignee.username })),
    milestone: null,
    draft: request.draft || request.work_in_progress,
    diffBaseSha: null,
    author: user?.username ?? null,
    message: request.last_commit.message,
  }
}

/** @see https://docs.gitlab.com/user/project/integrations/webhook_events/ */
export const gitlab: Forge = {
  proof: { by: 'token', header: 'x-gitlab-token', standard: true },
  eventHeaders: ['x-gitlab-event'],
  keyHeaders: ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'],
  body: 'json',
  fields: Fields,
  parse,
}
