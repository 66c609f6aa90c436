import { ACCESS_LEVELS, type RunnerChanges } from '@yardmaster/domain/runners'
import { boolean, integer, list, oneOf, text, unlessBlank } from './parameters.ts'

/**
 * Attributes that both ways of creating a runner accept after `paused`, in the protocol's order
 * (`docs/protocol/runners.md 2, 8`).
 */
export const furtherAttributes = {
  locked: boolean,
  access_level: oneOf(ACCESS_LEVELS),
  run_untagged: boolean,
  tag_list: list,
  maximum_timeout: integer,
}

interface Given {
  readonly description?: string | null | undefined
  readonly maintenance_note?: string | null | undefined
  readonly paused?: boolean | null | undefined
  readonly locked?: boolean | null | undefined
  readonly access_level?: RunnerChanges['accessLevel'] | null | undefined
  readonly run_untagged?: boolean | null | undefined
  readonly tag_list?: readonly string[] | undefined
  readonly maximum_timeout?: number | null | undefined
}

export const descriptiveAttributes = { description: text, maintenance_note: text }

/** Translates the wire's names into ours. Blank means absent. */
export const runnerAttributes = (given: Given): RunnerChanges => ({
  description: unlessBlank(given.description),
  maintenanceNote: unlessBlank(given.maintenance_note),
  paused: given.paused ?? undefined,
  locked: given.locked ?? undefined,
  accessLevel: given.access_level ?? undefined,
  runUntagged: given.run_untagged ?? undefined,
  tagList: given.tag_list,
  maximumTimeout: given.maximum_timeout ?? undefined,
})
