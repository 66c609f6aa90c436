import type { RunnerInvalid, Violations } from '../errors.ts'
import type { RunnerAttributes } from './runner.ts'

/** Limits of a runner's attributes. Texts are counted in code points. */
export const RUNNER_LIMITS = {
  tags: 50,
  tag: 255,
  description: 1024,
  maintenanceNote: 1024,
  shortestTimeoutSeconds: 600,
  /** The maximum of the database column. */
  longestTimeoutSeconds: 2_147_483_647,
}
const LONGEST_NAME = 256

/** Attributes as a caller gives them. Absent means default, or unchanged. */
export type RunnerChanges = { readonly [Key in keyof RunnerAttributes]?: RunnerAttributes[Key] | undefined }

/** The default attributes of a runner (`docs/protocol/runners.md 1`). */
export const DEFAULT_ATTRIBUTES: RunnerAttributes = {
  description: null,
  maintenanceNote: null,
  paused: false,
  locked: false,
  accessLevel: 'not_protected',
  runUntagged: true,
  tagList: [],
  maximumTimeout: null,
  costFactor: 1,
}

/**
 * Applies the given attributes to the previous ones. Tags are trimmed and merged when equal; blank ones are dropped.
 */
export function withChanges(before: RunnerAttributes, changes: RunnerChanges): RunnerAttributes {
  const tagList = changes.tagList?.map((tag) => tag.trim()).filter((tag) => tag !== '')
  return {
    description: changes.description === undefined ? before.description : changes.description,
    maintenanceNote: changes.maintenanceNote === undefined ? before.maintenanceNote : changes.maintenanceNote,
    paused: changes.paused ?? before.paused,
    locked: changes.locked ?? before.locked,
    accessLevel: changes.accessLevel ?? before.accessLevel,
    runUntagged: changes.runUntagged ?? before.runUntagged,
    tagList: tagList ? [...new Set(tagList)] : before.tagList,
    maximumTimeout: changes.maximumTimeout === undefined ? before.maximumTimeout : changes.maximumTimeout,
    costFactor: changes.costFactor ?? before.costFactor,
  }
}

/**
 * Returns all violations of a runner's attributes, in the protocol's words, or null if there are none.
 *
 * @see `docs/protocol/runners.md 1.1`, `docs/protocol/common.md 14`
 */
export function invalidRunner(
  { tagList, runUntagged, maximumTimeout, maintenanceNote, description }: RunnerAttributes,
  name: string | null,
): RunnerInvalid | null {
  const found: Record<string, readonly string[]> = {
    // The reference's name of the attribute, which differs from the parameter's.
    tags_list: [
      ...when(
        !runUntagged && tagList.length === 0,
        'can not be empty when runner is not allowed to pick untagged jobs',
      ),
      ...when(
        tagList.length > RUNNER_LIMITS.tags,
        `Too many tags specified. Please limit the number of tags to ${RUNNER_LIMITS.tags}`,
      ),
      ...when(
        tagList.some((tag) => isLonger(tag, RUNNER_LIMITS.tag)),
        `Tag is too long (maximum is ${RUNNER_LIMITS.tag} characters)`,
      ),
    ],
    maximum_timeout: [
      ...when(
        maximumTimeout !== null && maximumTimeout < RUNNER_LIMITS.shortestTimeoutSeconds,
        'needs to be at least 10 minutes',
      ),
      ...when(maximumTimeout !== null && maximumTimeout > RUNNER_LIMITS.longestTimeoutSeconds, 'is too large'),
    ],
    maintenance_note: tooLong(maintenanceNote, RUNNER_LIMITS.maintenanceNote),
    description: tooLong(description, RUNNER_LIMITS.description),
    name: tooLong(name, LONGEST_NAME),
  }
  const violations: Violations = Object.fromEntries(Object.entries(found).filter(([, texts]) => texts.length > 0))
  return Object.keys(violations).length > 0 ? { kind: 'runner_invalid', violations } : null
}

/**
 * Formats violations as sentences, for the endpoint that needs one text: `Maximum timeout needs to be at least 10
 * minutes`.
 */
export function violationSentences(violations: Violations): string[] {
  return Object.entries(violations).flatMap(([attribute, texts]) =>
    texts.map((text) => `${attribute.charAt(0).toUpperCase()}${attribute.slice(1).replaceAll('_', ' ')} ${text}`),
  )
}

const when = (violated: boolean, text: string): string[] => (violated ? [text] : [])

const tooLong = (text: string | null, characters: number): string[] =>
  when(text !== null && isLonger(text, characters), `is too long (maximum is ${characters} characters)`)

/** Characters are code points: 1024 emoji are allowed although JavaScript counts twice as many. */
const isLonger = (text: string, characters: number): boolean =>
  text.length > characters && (text.length > 2 * characters || [...text].length > characters)
