import { faultInProse, shownText } from '@yardmaster/common'
import type { Act, Actor, SubjectKind } from '@yardmaster/domain'
import type { Access } from '../access/authenticator.ts'

/** What the first part of a procedure's name says about whose change it is. */
const SUBJECTS: Readonly<Record<string, SubjectKind>> = {
  jobs: 'job',
  runners: 'runner',
  projects: 'project',
  groups: 'group',
  settings: 'settings',
  webhooks: 'webhook',
}

/**
 * Fields whose texts are kept: names, and words out of a list. Any other text may be a secret or hold one (variables,
 * definitions, addresses, notes), so that only the field's name is kept.
 */
const PLAIN: ReadonlySet<string> = new Set([
  'accessLevel',
  'defaultBranch',
  'groupPath',
  'name',
  'path',
  'protectedRefs',
  'ref',
  'runnerType',
  'sha',
  'stage',
  'statuses',
  'tagList',
])
const LONGEST = 255
const MOST = 50
const MOST_IDS = 1000

/** An administrator's call of a mutation as the audit table has it. */
export function actOf(path: string, input: unknown): Act {
  const given: Readonly<Record<string, unknown>> = isObject(input) ? input : {}
  const kept: Record<string, unknown> = {}
  const withoutValue: string[] = []
  for (const [name, value] of Object.entries(given).slice(0, MOST)) {
    if (name === 'id' || value === undefined) continue
    const shown = shownText(name.slice(0, LONGEST))
    if (isPlain(name, value)) kept[shown] = value
    else withoutValue.push(shown)
  }
  return {
    action: path,
    subjectKind: SUBJECTS[path.split('.')[0] ?? ''] ?? null,
    subjectIds: idsOf(given),
    details: { ...(Object.keys(kept).length > 0 && { input: kept }), ...(withoutValue.length > 0 && { withoutValue }) },
  }
}

/** Ids in an input or in what a procedure returned, if they can be ids. */
export function idsOf(value: unknown): number[] {
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

/** It is written down before it is checked. */
const isShortText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= LONGEST && faultInProse(value) === null

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
