import { setTimeout as pause } from 'node:timers/promises'
import { toStorable } from '@yardmaster/common'
import type { CancelPorts } from '../pipelines/cancel-jobs.ts'
import { type ConfigRefused, createFromConfig, type NewConfigPipeline } from '../pipelines/create-from-config.ts'
import type { PlanPorts } from '../pipelines/plan-config.ts'
import type { Project } from '../projects/project.ts'
import type { Services } from '../services.ts'
import type { HookDelivery, HookOutcome, TakenHookDelivery } from './delivery.ts'
import type { MergeRequestEvent, PushEvent, RefChange } from './forge-event.ts'
import { readEvent } from './forges.ts'

export type HookPorts = CancelPorts &
  PlanPorts &
  Pick<Services, 'hooks'> & {
    /** Creates pipelines; default: from the configuration in the repository. */
    readonly createFromConfig?: typeof createFromConfig
  }

/** Until another process takes a delivery over whose process died, and how often a living one prolongs that. */
export const LEASE_MS = 30_000
const RENEW_MS = 10_000

/** Pipelines of one delivery. */
const MOST_CHANGES = 20
/** Characters of what came of it. */
const LONGEST_MESSAGE = 4_000
const MOST_ERRORS = 5

const MOST_FAILURES = 7
const FIRST_PAUSE_MS = 5_000
/** 5 s, 20 s, 80 s, 5 min, 21 min, 85 min: a repository may be away for two hours. */
const GROWTH = 4

/** What came of a change, or of a whole delivery. */
interface Result {
  readonly outcome: Exclude<HookOutcome, 'received'>
  readonly message: string | null
}

/** Another process has taken the delivery over. */
class Lost extends Error {}

/**
 * Does what a delivery asks for, and notes what came of it. Creating a pipeline and noting that its change is done is
 * one transaction, which demands that nobody else took the delivery meanwhile: no change gets two pipelines.
 *
 * @returns the delivery as it is now; null when another process has taken it over.
 */
export async function workDelivery(ports: HookPorts, delivery: TakenHookDelivery): Promise<HookDelivery | null> {
  const over = new AbortController()
  const renewing = keepLease(ports, delivery, over.signal)
  try {
    const result = await resultOf(ports, delivery)
    const failures = result.outcome === 'failed' ? delivery.failures + 1 : delivery.failures
    return await ports.hooks.settle(delivery, {
      outcome: result.outcome,
      message: result.message === null ? null : toStorable(result.message.slice(0, LONGEST_MESSAGE)),
      failures,
      againInMs: result.outcome === 'failed' && failures < MOST_FAILURES ? pauseAfter(failures) : null,
    })
  } catch (error) {
    if (error instanceof Lost) return null
    throw error
  } finally {
    over.abort()
    await renewing
  }
}

async function keepLease(
  { hooks, background }: HookPorts,
  delivery: TakenHookDelivery,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await pause(RENEW_MS, undefined, { signal: over }).catch(() => undefined)
    if (over.aborted) return
    await hooks
      .renew(delivery, LEASE_MS)
      .catch((error: unknown) => background.report(`renew the lease of hook delivery ${delivery.id}`, error))
  }
}

const pauseAfter = (failures: number): number =>
  Math.round(FIRST_PAUSE_MS * GROWTH ** (failures - 1) * (1 + Math.random() / 10))

const ignored = (message: string): Result => ({ outcome: 'ignored', message })
const skipped = (message: string): Result => ({ outcome: 'skipped', message })

async function resultOf(ports: HookPorts, delivery: TakenHookDelivery): Promise<Result> {
  const { payload, kind, projectId } = delivery
  if (payload === 'damaged') return { outcome: 'refused', message: 'The stored payload cannot be read.' }
  const event = readEvent(kind, payload.event, payload.body)
  if ('fault' in event) return { outcome: 'refused', message: `The payload is not as documented: ${event.fault}.` }
  if (event.kind === 'ping') return ignored('The forge tested this hook.')
  if (event.kind === 'other') return ignored(`Events of this kind start no pipelines: ${payload.event}.`)
  const project = await ports.projects.find(projectId)
  if (!project) return ignored('The project was removed.')
  if (!project.ciEnabled) return skipped('CI is switched off for this project.')
  return event.kind === 'push'
    ? await push(ports, delivery, project, event)
    : await mergeRequest(ports, delivery, project, event)
}

async function push(
  ports: HookPorts,
  delivery: TakenHookDelivery,
  project: Project,
  event: PushEvent,
): Promise<Result> {
  const { changes, options, user } = event
  if (changes.length === 0) return ignored('No branch and no tag changed.')
  const results: (Result & { readonly ref: string })[] = []
  for (const [index, change] of changes.slice(0, MOST_CHANGES).entries()) {
    const result =
      index < delivery.done
        ? { outcome: delivery.pipelineIds.length > 0 ? ('created' as const) : ('skipped' as const), message: null }
        : await resultOfChange(ports, delivery, { project, index, change, options, user })
    // What is left is tried again with it.
    if (result.outcome === 'failed') return { ...result, message: named(changes, change.ref, result.message) }
    results.push({ ...result, ref: change.ref })
  }
  const lines = results.flatMap(({ ref, message }) => (message === null ? [] : [named(changes, ref, message)]))
  const left = changes.length - results.length
  if (left > 0) lines.push(`${left} more refs changed; one push starts at most ${MOST_CHANGES} pipelines.`)
  const outcomes = results.map(({ outcome }) => outcome)
  const outcome = (['created', 'refused', 'skipped', 'ignored'] as const).find((one) => outcomes.includes(one))
  return { outcome: outcome ?? 'ignored', message: lines.length === 0 ? null : lines.join('\n') }
}

/** Says which ref a sentence is about, where there are several. */
const named = (changes: readonly RefChange[], ref: string, message: string | null): string =>
  changes.length === 1 ? (message ?? '') : `${ref}: ${message ?? ''}`

async function resultOfChange(
  ports: HookPorts,
  delivery: TakenHookDelivery,
  given: { readonly project: Project; readonly index: number; readonly change: RefChange } & Pick<
    PushEvent,
    'options' | 'user'
  >,
): Promise<Result> {
  const { project, index, change, options, user } = given
  const unwanted = await noPipelineFor(ports, project, change, options.skip)
  const result =
    unwanted ??
    (await create(ports, delivery, index, {
      ref: change.ref,
      tag: change.tag,
      sha: change.after ?? undefined,
      beforeSha: change.before ?? undefined,
      source: 'push',
      variables: options.variables,
      createdBy: makerOf(delivery, user),
    }))
  if (result.outcome !== 'created' && result.outcome !== 'failed' && !(await ports.hooks.noteDone(delivery, index))) {
    throw new Lost()
  }
  return result
}

/** A commit's message that wants no pipeline, as the reference knows it. */
const WANTS_NONE = /\[(?:ci[ _-]skip|skip[ _-]ci)\]/i

async function noPipelineFor(
  ports: HookPorts,
  project: Project,
  { after, message, skip }: RefChange,
  byOption: boolean,
): Promise<Result | null> {
  if (after === null) return skipped('The ref was deleted.')
  if (byOption) return skipped('The push option ci.skip wants no pipeline.')
  return skip || (await wantsNone(ports, project, after, message)) ? NOT_WANTED : null
}

const NOT_WANTED = skipped('The message of the commit wants no pipeline.')

/** Reads the message of a commit where the forge does not say it. What fails here fails again when it matters. */
async function wantsNone(
  { repositories }: HookPorts,
  project: Project,
  sha: string,
  message: string | null,
): Promise<boolean> {
  if (message !== null) return WANTS_NONE.test(message)
  const commit = await repositories.commit(project, sha)
  return commit.ok && WANTS_NONE.test(commit.value.message)
}

/** What a merge request starts no pipelines for. */
const WITHOUT_COMMITS = {
  changed: 'The merge request has no new commits.',
  closed: 'The merge request was closed.',
  merged: 'The merge request was merged.',
} as const

async function mergeRequest(
  ports: HookPorts,
  delivery: TakenHookDelivery,
  project: Project,
  event: MergeRequestEvent,
): Promise<Result> {
  const { action, fork, sha, author } = event
  if (action === 'changed' || action === 'closed' || action === 'merged') return ignored(WITHOUT_COMMITS[action])
  if (await wantsNone(ports, project, sha, event.message)) return NOT_WANTED
  if (fork && !delivery.approved) {
    const from = event.sourcePath ?? 'a fork that was removed'
    const message = `Merge request ${event.iid} comes from ${from}: look at its changes, then approve its pipeline.`
    return { outcome: 'waiting', message }
  }
  // Noted with the pipeline, or settled as a whole.
  if (delivery.done > 0) return { outcome: 'created', message: null }
  return await create(ports, delivery, 0, {
    ref: event.sourceBranch,
    sha,
    source: 'merge_request_event',
    fromFork: fork,
    mergeRequest: requestOf(event, project.path),
    createdBy: makerOf(delivery, author),
  })
}

const LONGEST_TITLE = 255
/** The path of a project as `pipelines.create` takes it. */
const PATH = /^[^\s:]{1,255}$/

function requestOf(event: MergeRequestEvent, projectPath: string): NewConfigPipeline['mergeRequest'] {
  const { title, description, milestone, diffBaseSha } = event
  const line = title
    ?.replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_TITLE)
    .toWellFormed()
  return {
    iid: event.iid,
    sourceBranch: event.sourceBranch,
    targetBranch: event.targetBranch,
    ...(line ? { title: line } : {}),
    ...(description === null ? {} : { description }),
    labels: event.labels,
    assignees: event.assignees,
    ...(milestone === null ? {} : { milestone }),
    draft: event.draft,
    ...(diffBaseSha === null ? {} : { diffBaseSha }),
    ...(event.fork ? { sourceProjectPath: forkPath(event.sourcePath, projectPath) } : {}),
  }
}

/**
 * Paths at the forge have nothing to do with those here: that of a fork may be that of this project, and must not look
 * like it, because rules tell forks by it.
 */
function forkPath(sourcePath: string | null, projectPath: string): string {
  const path = sourcePath !== null && PATH.test(sourcePath) ? sourcePath : 'unknown/fork'
  return path.toLowerCase() === projectPath.toLowerCase() ? `forks/${path}` : path
}

/** With the kind before it, so that no name at a forge can be taken for someone here. */
const makerOf = ({ kind }: TakenHookDelivery, user: string | null): string => `${kind}:${user ?? 'unknown'}`

async function create(
  ports: HookPorts,
  { id, taken, projectId }: TakenHookDelivery,
  index: number,
  pipeline: Omit<NewConfigPipeline, 'projectId'>,
): Promise<Result> {
  const made = await (ports.createFromConfig ?? createFromConfig)(ports, {
    ...pipeline,
    projectId,
    hookDelivery: { id, taken, done: index },
  })
  return made.ok ? { outcome: 'created', message: null } : resultOfRefusal(made.error)
}

function resultOfRefusal(refused: ConfigRefused): Result {
  switch (refused.kind) {
    case 'config_invalid': {
      const lines = refused.errors.slice(0, MOST_ERRORS).map(({ message, file, line }) => {
        const place = line === null ? `${file ?? ''}` : `${file ?? 'line '}${file === null ? '' : ':'}${line}`
        return place === '' ? message : `${place}: ${message}`
      })
      const left = refused.errors.length - lines.length
      return { outcome: 'refused', message: [...lines, ...(left > 0 ? [`and ${left} more errors`] : [])].join('\n') }
    }
    case 'pipeline_filtered':
      return skipped('The rules of the workflow allow no pipeline.')
    case 'pipeline_empty':
      return skipped('The rules of all jobs leave nothing to run.')
    case 'config_missing':
      return skipped('The project has no configuration at this commit.')
    case 'project_damaged':
      return { outcome: 'refused', message: 'The stored values of the project cannot be read: set them again.' }
    case 'repository_unavailable':
      return { outcome: 'failed', message: refused.reason }
    // The forge may tell of a commit before it serves it.
    case 'ref_not_found':
      return { outcome: 'failed', message: `The repository has no branch or tag ${refused.ref}.` }
    case 'commit_not_found':
      return { outcome: 'failed', message: `The repository has no commit ${refused.sha}.` }
    case 'compiler_busy':
      return { outcome: 'failed', message: 'Too many configurations are being compiled.' }
    case 'project_not_found':
      // Another process may have taken the delivery, which is the same to the statement that creates pipelines.
      throw new Lost()
  }
}
