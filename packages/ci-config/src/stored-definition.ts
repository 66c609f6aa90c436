import { openObject, type StoredForm, storeObject } from '@yardmaster/common'
import type {
  ArtifactsDefinition,
  CacheDefinition,
  ExecutorOpts,
  ImageDefinition,
  JobDefinition,
  JobInput,
  RetryDefinition,
  ServiceDefinition,
} from './job-definition.ts'
import type { Variable } from './variable.ts'

/** The stored form of variables. */
export const VARIABLE: StoredForm<Variable> = {
  key: { since: 1 },
  value: { since: 1 },
  masked: { since: 1, absent: undefined },
  file: { since: 1, absent: undefined },
  raw: { since: 1, absent: undefined },
}

const EXECUTOR_OPTS: StoredForm<ExecutorOpts> = {
  docker: {
    since: 1,
    absent: undefined,
    parts: { platform: { since: 1, absent: undefined }, user: { since: 1, absent: undefined } },
  },
  kubernetes: { since: 1, absent: undefined, parts: { user: { since: 1, absent: undefined } } },
}

const IMAGE: StoredForm<ImageDefinition> = {
  name: { since: 1 },
  entrypoint: { since: 1, absent: null },
  pullPolicy: { since: 1, absent: null },
  executorOpts: { since: 1, absent: {}, parts: EXECUTOR_OPTS },
}

const SERVICE: StoredForm<ServiceDefinition> = {
  ...IMAGE,
  alias: { since: 1, absent: null },
  command: { since: 1, absent: null },
  variables: { since: 1, absent: [], parts: VARIABLE },
}

const OUTCOMES = { on_success: 1, on_failure: 1, always: 1 }

const ARTIFACTS: StoredForm<ArtifactsDefinition> = {
  name: { since: 1, absent: null },
  untracked: { since: 1, absent: false },
  paths: { since: 1, absent: [] },
  exclude: { since: 1, absent: [] },
  when: { since: 1, absent: 'on_success', words: OUTCOMES },
  expireIn: { since: 1, absent: null },
  accessibility: { since: 1, absent: 'public', words: { public: 1, private: 1, none: 1 } },
  reports: { since: 1, absent: [], parts: { type: { since: 1 }, paths: { since: 1 } } },
}

const CACHE: StoredForm<CacheDefinition> = {
  key: { since: 1 },
  untracked: { since: 1, absent: false },
  unprotect: { since: 1, absent: false },
  paths: { since: 1, absent: [] },
  policy: { since: 1, absent: 'pull-push', words: { 'pull-push': 1, pull: 1, push: 1 } },
  when: { since: 1, absent: 'on_success', words: OUTCOMES },
  fallbackKeys: { since: 1, absent: [] },
}

const RETRY: StoredForm<RetryDefinition> = {
  max: { since: 1, absent: 0 },
  when: { since: 1, absent: ['always'] },
  exitCodes: { since: 1, absent: [] },
}

const INPUT: StoredForm<JobInput> = {
  key: { since: 1 },
  type: { since: 1, words: { string: 1, number: 1, boolean: 1, array: 1, struct: 1 } },
  content: { since: 1 },
  sensitive: { since: 1, absent: false },
}

/**
 * The stored form of a job's definition. A new keyword does not compile until it has an entry here: with the next
 * version, and with the value for jobs that were stored before the keyword existed.
 */
export const DEFINITION: StoredForm<JobDefinition> = {
  beforeScript: { since: 1, absent: [] },
  script: { since: 1, absent: [] },
  afterScript: { since: 1, absent: [] },
  image: { since: 1, absent: null, parts: IMAGE },
  services: { since: 1, absent: [], parts: SERVICE },
  variables: { since: 1, absent: [], parts: VARIABLE },
  tags: { since: 1, absent: [] },
  timeout: { since: 1, absent: null },
  artifacts: { since: 1, absent: null, parts: ARTIFACTS },
  cache: { since: 1, absent: [], parts: CACHE },
  dependencies: { since: 1, absent: [] },
  retry: { since: 1, absent: { max: 0, when: ['always'], exitCodes: [] }, parts: RETRY },
  allowFailure: { since: 1, absent: false },
  allowFailureExitCodes: { since: 1, absent: [] },
  when: {
    since: 1,
    absent: 'on_success',
    words: { on_success: 1, on_failure: 1, always: 1, manual: 1, delayed: 1 },
  },
  startIn: { since: 1, absent: null },
  resourceGroup: { since: 1, absent: null },
  hooks: { since: 1, absent: [], parts: { name: { since: 1 }, script: { since: 1 } } },
  inputs: { since: 1, absent: [], parts: INPUT },
  interruptible: { since: 1, absent: false },
  release: { since: 1, absent: [] },
  run: { since: 1, absent: null },
  secrets: { since: 1, absent: {} },
}

/**
 * Returns a stored definition in the present form, whichever release wrote it.
 *
 * @throws NewerFormError for a definition that a newer release wrote; TypeError for a value that is not a definition.
 * This includes one with neither a script nor steps: its job would do nothing and succeed.
 */
export function upgradeDefinition(stored: unknown): JobDefinition {
  const definition = openObject(DEFINITION, stored)
  if (definition.script.length === 0 && definition.run === null) {
    throw new TypeError('a stored definition has nothing to do')
  }
  return definition
}

/** Returns a definition in its stored form, with its version. */
export const storedDefinition = (definition: JobDefinition): { readonly version: number } =>
  storeObject(DEFINITION, definition)
