import type { RunnerInvalid, Violations } from '../errors.ts'
import type { RunnerAttributes } from './runner.ts'

const MOST_TAGS = 50
const LONGEST_TAG = 255
const SHORTEST_TIMEOUT_SECONDS = 600
/** What the column holds. */
const LONGEST_TIMEOUT_SECONDS = 2_147_483_647

/** Attributes as a caller gives them. Absent: default, or unchanged. */
export type RunnerChanges = { readonly [Key in keyof RunnerAttributes]?: RunnerAttributes[Key] | undefined }

/** What a runner is unless said otherwise (`docs/protocol/runners.md 1`). */
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

/** The given attributes over those there were. Tags are trimmed, blank ones dropped, equal ones merged. */
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
 * Everything that is wrong with a runner, in the protocol's words; null if nothing is.
 *
 * @see `docs/protocol/runners.md 1.1`, `docs/protocol/common.md 14`
 */
export function invalidRunner(
  { tagList, runUntagged, maximumTimeout, maintenanceNote, description }: RunnerAttributes,
  name: string | null,
): RunnerInvalid | null {
  const found: Record<string, readonly string[]> = {
    // The reference's name for them, which is not the parameter's.
    tags_list: [
      ...when(
        !runUntagged && tagList.length === 0,
        'can not be empty when runner is not allowed to pick untagged jobs',
      ),
      ...when(tagList.length > MOST_TAGS, `Too many tags specified. Please limit the number of tags to ${MOST_TAGS}`),
      ...when(
        tagList.some((tag) => isLonger(tag, LONGEST_TAG)),
        `Tag is too long (maximum is ${LONGEST_TAG} characters)`,
      ),
    ],
    maximum_timeout: [
      ...when(maximumTimeout !== null && maximumTimeout < SHORTEST_TIMEOUT_SECONDS, 'needs to be at least 10 minutes'),
      ...when(maximumTimeout !== null && maximumTimeout > LONGEST_TIMEOUT_SECONDS, 'is too large'),
    ],
    maintenance_note: tooLong(maintenanceNote, 1024),
    description: tooLong(description, 1024),
    name: tooLong(name, 256),
  }
  const violations: Violations = Object.fromEntries(Object.entries(found).filter(([, texts]) => texts.length > 0))
  return Object.keys(violations).length > 0 ? { kind: 'runner_invalid', violations } : null
}

/** The same as sentences, for the endpoint that wants one text: `Maximum timeout needs to be at least 10 minutes`. */
export function violationSentences(violations: Violations): string[] {
  return Object.entries(violations).flatMap(([attribute, texts]) =>
    texts.map((text) => `${attribute.charAt(0).toUpperCase()}${attribute.slice(1).replaceAll('_', ' ')} ${text}`),
  )
}

const when = (violated: boolean, text: string): string[] => (violated ? [text] : [])

const tooLong = (text: string | null, characters: number): string[] =>
  when(text !== null && isLonger(text, characters), `is too long (maximum is ${characters} characters)`)

/** Characters are code points: 1024 emoji are legal although JavaScript counts twice as many. */
const isLonger = (text: string, characters: number): boolean =>
  text.length > characters && (text.length > 2 * characters || [...text].length > characters)
