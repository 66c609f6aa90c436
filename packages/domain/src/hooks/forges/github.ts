import { z } from 'zod'
import { type ForgeEvent, type MergeRequestEvent, NO_OPTIONS } from '../forge-event.ts'
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
  RefName,
  Sha,
  Text,
} from './forge.ts'

const Repository = z
  .object({ id: z.number().nullish().catch(null), full_name: Name })
  .nullish()
  .catch(null)
const User = z.object({ login: Name }).nullish().catch(null)

/** Fields that GitHub, Gitea and Forgejo have in common. */
export const GITHUB_FIELDS = {
  ref: FullRef.nullish(),
  before: z.string().nullish(),
  after: z.string().nullish(),
  head_commit: z
    .object({ id: z.string().nullish().catch(null), message: Text })
    .nullish()
    .catch(null),
  sender: User,
  action: z.string().nullish().catch(null),
  pull_request: z
    .object({
      number: Iid,
      title: Text,
      body: Text,
      draft: Flag,
      merged: Flag,
      merge_base: Sha.nullish().catch(null),
      user: User,
      labels: listOf(z.object({ name: Name })),
      assignees: listOf(z.object({ login: Name })),
      milestone: z.object({ title: Name }).nullish().catch(null),
      head: z.object({ ref: RefName, sha: Sha, repo: Repository }),
      base: z.object({ ref: RefName, repo: Repository }),
    })
    .nullish(),
}

const Fields = z.object(GITHUB_FIELDS)
type Fields = z.infer<typeof Fields>

const ACTIONS: Readonly<Record<string, MergeRequestEvent['action']>> = {
  opened: 'opened',
  reopened: 'reopened',
  synchronize: 'commits',
  // As Gitea and Forgejo spell it.
  synchronized: 'commits',
}

/** Reads the events that GitHub and those who follow it have in common. */
export function parseLikeGithub(event: string, body: unknown): ForgeEvent {
  if (event === 'ping') return { kind: 'ping' }
  if (event === 'push') return pushOf(Fields.parse(body))
  if (event !== 'pull_request' && event !== 'pull_request_sync') return { kind: 'other' }
  return pullRequestOf(Fields.parse(body))
}

function pushOf({ ref, before = null, after = null, head_commit: head, sender }: Fields): ForgeEvent {
  const fullRef = FullRef.parse(ref)
  const isGone = after === null || /^0+$/.test(after)
  // The id of an annotated tag is that of the tag. Its commit is named beside it.
  const commit = fullRef.startsWith('refs/tags/') && !isGone ? (head?.id ?? after) : after
  const change = changeOf(fullRef, { before, after: commit, message: head?.message ?? null })
  return { kind: 'push', changes: change ? [change] : [], user: sender?.login ?? null, options: NO_OPTIONS }
}

function pullRequestOf({ action, pull_request: request }: Fields): ForgeEvent {
  if (!request) throw missing('pull_request')
  const { head, base } = request
  const isSame = head.repo?.id != null && head.repo.id === base.repo?.id
  const closed = request.merged ? 'merged' : 'closed'
  return {
    kind: 'merge_request',
    action: action === 'closed' ? closed : (Object.hasOwn(ACTIONS, action ?? '') && ACTIONS[action ?? '']) || 'changed',
    iid: request.number,
    sourceBranch: head.ref,
    targetBranch: base.ref,
    sha: head.sha,
    fork: !isSame,
    sourcePath: head.repo?.full_name ?? null,
    title: request.title,
    description: request.body,
    labels: namesIn(request.labels),
    assignees: namesIn(request.assignees?.map((user) => user && { name: user.login })),
    milestone: request.milestone?.title ?? null,
    draft: request.draft,
    diffBaseSha: request.merge_base ?? null,
    author: request.user?.login ?? null,
    message: null,
  }
}

/** @see https://docs.github.com/en/webhooks/webhook-events-and-payloads */
export const github: Forge = {
  proof: { by: 'hmac', headers: ['x-hub-signature-256'], prefix: 'sha256=', ofJson: false },
  eventHeaders: ['x-github-event'],
  keyHeaders: ['x-github-delivery'],
  body: 'json',
  fields: Fields,
  parse: parseLikeGithub,
}
