import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import { FAMILY_DEPENDENCY } from './family-dependency.ts'
import type { JobDefinition } from './job-definition.ts'
import { STORED_ID_TOKENS } from './keywords/id-tokens.ts'
import { KEYWORD_FORMS } from './keywords.ts'
import { TRIGGER } from './trigger-definition.ts'
import { VARIABLE } from './variable.ts'

/**
 * The stored form of a job's definition. A new keyword does not compile until it has an entry here: with the next
 * version, and with the value for jobs that were stored before the keyword existed.
 */
export const DEFINITION: StoredForm<JobDefinition> = {
  ...KEYWORD_FORMS,
  beforeScript: { since: 1, absent: [] },
  script: { since: 1, absent: [] },
  afterScript: { since: 1, absent: [] },
  variables: { since: 1, absent: [], parts: VARIABLE },
  dependencies: { since: 1, absent: [] },
  allowFailure: { since: 1, absent: false },
  allowFailureExitCodes: { since: 1, absent: [] },
  when: {
    since: 1,
    absent: 'on_success',
    words: { on_success: 1, on_failure: 1, always: 1, manual: 1, delayed: 1 },
  },
  startIn: { since: 1, absent: null },
  release: { since: 1, absent: [] },
  run: { since: 1, absent: null },
  secrets: { since: 1, absent: {} },
  idTokens: STORED_ID_TOKENS,
  familyDependencies: { since: 4, absent: [], parts: FAMILY_DEPENDENCY },
  trigger: { since: 3, absent: null, parts: TRIGGER },
}

/**
 * Returns a stored definition in the present form, whichever release wrote it.
 *
 * @throws NewerFormError for a definition that a newer release wrote; TypeError for a value that is not a definition.
 * This includes one without a script, steps and a trigger: its job would do nothing and succeed.
 */
export function upgradeDefinition(stored: unknown): JobDefinition {
  const definition = openObject(DEFINITION, stored)
  if (definition.script.length === 0 && definition.run === null && definition.trigger === null) {
    throw new TypeError('a stored definition has nothing to do')
  }
  return definition
}

/** Returns a definition in its stored form, with its version. */
export const storedDefinition = (definition: JobDefinition): { readonly version: number } =>
  storeObject(DEFINITION, definition)
