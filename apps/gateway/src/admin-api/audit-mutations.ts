import { faultInProse, shownText } from '@yardmaster/common'
import type { Act, Actor, SubjectKind } from '@yardmaster/domain/audit'
import type { Access } from '../access/authenticator.ts'

/** The kind of subject that a procedure changes, by the first part of its name. */
const SUBJECTS: Readonly<Record<string, SubjectKind>> = {
  jobs: 'job',
  pipelines: 'pipeline',
  environments: 'environment',
  resourceGroups: 'project',
  repositories: 'project',
  runners: 'runner',
  projects: 'project',
  projectTokens: 'project_token',
  groups: 'group',
  settings: 'settings',
  schedules: 'schedule',
  hooks: 'project',
  webhooks: 'webhook',
  commitStatuses: 'commit_status',
}

/**
 * Fields whose texts are kept: names and enumerated words. Any other text may be or contain a secret (variables,
 * definitions, addresses, notes), so only the name of its field is kept.
 */
const PLAIN: ReadonlySet<string> = new Set([
  'access',
  'accessLevel',
  'beforeSha',
  'change',
  'clone',
  'cron',
  'defaultBranch',
  'events',
  'expiresAt',
  'groupPath',
  'mode',
  'name',
  'path',
  'protectedEnvironments',
  'protectedRefs',
  'ref',
  'run',
  'runnerTag',
  'runnerType',
  'sha',
  'source',
  'stage',
  'status',
  'statuses',
  'tag',
  'tagList',
  'timeZone',
  'type',
])
/** Mutations that name their subject as `projectId`. */
const OF_PROJECTS = /^(?:resourceGroups|repositories|hooks)\./
const LONGEST = 255
const MOST = 50
const MOST_IDS = 1000

/** Returns an administrator's call of a mutation as the audit table stores it. */
export function actOf(path: string, input: unknown): Act {
  const given: Readonly<Record<string, unknown>> = isObject(input) ? input : {}
  const kept: Record<string, unknown> = {}
  const withoutValue: string[] = []
  for (const [name, value] of Object.entries(given).slice(0, MOST)) {
    if ((name === 'id' && !OF_PROJECTS.test(path)) || value === undefined) continue
    const shown = shownText(name.slice(0, LONGEST))
    if (isPlain(name, value)) kept[shown] = value
    else withoutValue.push(shown)
  }
  return {
    action: path,
    subjectKind: SUBJECTS[path.split('.')[0] ?? ''] ?? null,
    subjectIds: subjectsIn(path, given),
    details: { ...(Object.keys(kept).length > 0 && { input: kept }), ...(withoutValue.length > 0 && { withoutValue }) },
  }
}

/** Returns the ids of the subjects of a procedure in its input or in what it returned. */
export const subjectsIn = (path: string, value: unknown): number[] =>
  OF_PROJECTS.test(path) && isObject(value) ? idsOf({ id: value.projectId }) : idsOf(value)

/** Mutations of many subjects, which may be interrupted. */
const OF_MANY = /\.change(?:Many|Matching)$/

/** Returns what an act that was done adds to its details: of many subjects, how many were changed. */
export const detailsOfDone = (path: string, value: unknown): Act['details'] => {
  if (!OF_MANY.test(path) || !isObject(value)) return {}
  const { done, refused, stopped } = value
  return { changed: done, refused, ...(stopped === true && { stopped }) }
}

/** Returns the valid ids in an input or in what a procedure returned. */
function idsOf(value: unknown): number[] {
  if (!isObject(value)) return []
  const ids = Array.isArray(value.ids) ? value.ids : [value.id]
  return ids.slice(0, MOST_IDS).filter((id): id is number => Number.isInteger(id) && id > 0 && id <= 2_147_483_647)
}

export function actorOf(access: Exclude<Access, { kind: 'nobody' }>, address: string | null): Actor {
  if (access.kind === 'token') return { kind: 'admin_token', address }
  return { kind: 'session', address, session: access.session }
}

function isPlain(name: string, value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return true
  if (!PLAIN.has(name)) return false
  return Array.isArray(value) ? value.length <= MOST && value.every(isShortText) : isShortText(value)
}

/** Checks the text again, because the event is recorded before the input is validated. */
const isShortText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LONGEST && faultInProse(value) === null

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
