import {
  DEFINITION,
  type JobDefinition,
  storedDefinition,
  upgradeDefinition,
  VARIABLE,
  type Variable,
} from '@yardmaster/ci-config'
import { newestVersion, openList, openObject, type StoredForm, storeList, storeObject } from '@yardmaster/common'
import type { HookPayload, NewHookDelivery } from '@yardmaster/domain/hooks'
import type { MergeRequest } from '@yardmaster/domain/pipelines'
import type { NewPipeline, PipelineOrigin, TerminalSession } from '@yardmaster/domain/ports'
import type { ProjectRepository, ProjectVariable } from '@yardmaster/domain/projects'
import type { ScheduleConfiguration } from '@yardmaster/domain/schedules'
import { type EncryptedPlace, placeOf, type SecretBox } from './secrets.ts'

type PipelineVariable = NewPipeline['variables'][number]

const PIPELINE_VARIABLE: StoredForm<PipelineVariable> = { ...VARIABLE, public: { since: 1, absent: undefined } }
const PROJECT_VARIABLE: StoredForm<ProjectVariable> = { ...VARIABLE, protected: { since: 1, absent: undefined } }
const SESSION: StoredForm<TerminalSession> = {
  url: { since: 1 },
  certificate: { since: 1 },
  authorization: { since: 1 },
}

const MAYBE = { since: 1, absent: undefined } as const
const MERGE_REQUEST: StoredForm<MergeRequest> = {
  iid: { since: 1 },
  sourceBranch: { since: 1 },
  targetBranch: { since: 1 },
  title: MAYBE,
  description: MAYBE,
  labels: MAYBE,
  assignees: MAYBE,
  milestone: MAYBE,
  draft: MAYBE,
  diffBaseSha: MAYBE,
  sourceProjectPath: MAYBE,
}
/** Its own sequence of versions: no claim reads it. */
const ORIGIN: StoredForm<PipelineOrigin> = {
  files: { since: 1, absent: null },
  changedPaths: { since: 1, absent: null },
  mergeRequest: { since: 1, absent: null, parts: MERGE_REQUEST },
}

/** Its own sequence of versions as well: a repository whose address is no http one. */
const REPOSITORY: StoredForm<StoredRepository> = {
  address: { since: 1 },
  deployKey: { since: 1, absent: null },
}

/** And what is kept of a request to a hook. */
const HOOK_PAYLOAD: StoredForm<HookPayload> = { event: { since: 1 }, body: { since: 1 } }

/** As releases read it that know nothing of repositories. */
interface StoredScheduleConfiguration extends Omit<ScheduleConfiguration, 'content'> {
  /** Empty when it is read from the repository. */
  readonly content: string
  readonly readsRepository: boolean
}

/** Its own sequence of versions as well. */
const SCHEDULE_CONFIGURATION: StoredForm<StoredScheduleConfiguration> = {
  content: { since: 1 },
  readsRepository: { since: 2, absent: false },
  files: { since: 1, absent: null },
  inputs: { since: 1, absent: null },
}

/** The values that claims read share one sequence of versions: this is the newest one that this release knows. */
export const KNOWN_VERSION = Math.max(
  newestVersion(DEFINITION),
  newestVersion(PIPELINE_VARIABLE),
  newestVersion(PROJECT_VARIABLE),
)

/** An encrypted value, with its version for statements that can't look into it. */
interface Encrypted {
  readonly encrypted: Uint8Array
  readonly version: number
}

/**
 * The job that a definition is encrypted for. A retried job has the encrypted definition of the job before, unchanged.
 */
interface DefinedJob {
  readonly pipelineId: number
  readonly name: string
}

const ofDefinition = ({ pipelineId, name }: DefinedJob) => placeOf('job_secrets.definition', pipelineId, name)

export function encryptDefinition(secrets: SecretBox, definition: JobDefinition, job: DefinedJob): Encrypted {
  const stored = storedDefinition(definition)
  return { encrypted: secrets.encrypt(JSON.stringify(stored), ofDefinition(job)), version: stored.version }
}

/**
 * Decrypts a definition into the present form, whichever release encrypted it. So do the functions below.
 *
 * @throws NewerFormError for the value of a newer release; another error for a damaged one.
 */
export const decryptDefinition = (secrets: SecretBox, encrypted: Uint8Array, job: DefinedJob): JobDefinition =>
  upgradeDefinition(JSON.parse(secrets.decrypt(encrypted, ofDefinition(job))))

export const encryptPipelineVariables = (
  secrets: SecretBox,
  variables: NewPipeline['variables'],
  pipelineId: number,
): Encrypted => encryptList(secrets, PIPELINE_VARIABLE, variables, placeOf('pipelines.variables', pipelineId))

export const decryptPipelineVariables = (
  secrets: SecretBox,
  encrypted: Uint8Array | null,
  pipelineId: number,
): PipelineVariable[] => decryptList(secrets, PIPELINE_VARIABLE, encrypted, placeOf('pipelines.variables', pipelineId))

/** Encrypts the text of a configuration: its variables may hold secrets. */
export const encryptConfiguration = (secrets: SecretBox, text: string, pipelineId: number): Uint8Array =>
  secrets.encrypt(text, placeOf('pipelines.configuration', pipelineId))

export const decryptConfiguration = (secrets: SecretBox, encrypted: Uint8Array, pipelineId: number): string =>
  secrets.decrypt(encrypted, placeOf('pipelines.configuration', pipelineId))

/** Encrypts what the children of a pipeline need of its request: its files may hold secrets. */
export const encryptOrigin = (secrets: SecretBox, origin: PipelineOrigin, pipelineId: number): Uint8Array =>
  secrets.encrypt(JSON.stringify(storeObject(ORIGIN, origin)), placeOf('pipelines.origin', pipelineId))

export const decryptOrigin = (secrets: SecretBox, encrypted: Uint8Array, pipelineId: number): PipelineOrigin =>
  openObject(ORIGIN, JSON.parse(secrets.decrypt(encrypted, placeOf('pipelines.origin', pipelineId))))

/** What is stored of a repository that `projects.repo_url` has no place for. */
type StoredRepository = Pick<ProjectRepository, 'address' | 'deployKey'>

export const encryptRepository = (
  secrets: SecretBox,
  { address, deployKey }: StoredRepository,
  projectId: number,
): Uint8Array =>
  secrets.encrypt(
    JSON.stringify(storeObject(REPOSITORY, { address, deployKey })),
    placeOf('projects.repository', projectId),
  )

export const decryptRepository = (secrets: SecretBox, encrypted: Uint8Array, projectId: number): ProjectRepository => {
  const stored = JSON.parse(secrets.decrypt(encrypted, placeOf('projects.repository', projectId)))
  return { ...openObject(REPOSITORY, stored), username: null, password: null }
}

export const encryptProjectVariables = (
  secrets: SecretBox,
  variables: readonly ProjectVariable[],
  projectId: number,
): Encrypted => encryptList(secrets, PROJECT_VARIABLE, variables, placeOf('projects.variables', projectId))

export const decryptProjectVariables = (
  secrets: SecretBox,
  encrypted: Uint8Array | null,
  projectId: number,
): ProjectVariable[] => decryptList(secrets, PROJECT_VARIABLE, encrypted, placeOf('projects.variables', projectId))

export const encryptScheduleVariables = (
  secrets: SecretBox,
  variables: NewPipeline['variables'],
  scheduleId: number,
): Uint8Array =>
  encryptList(secrets, PIPELINE_VARIABLE, variables, placeOf('schedules.variables', scheduleId)).encrypted

export const decryptScheduleVariables = (
  secrets: SecretBox,
  encrypted: Uint8Array | null,
  scheduleId: number,
): PipelineVariable[] => decryptList(secrets, PIPELINE_VARIABLE, encrypted, placeOf('schedules.variables', scheduleId))

/** Encrypts the configuration of a schedule: its variables and files may hold secrets. */
export function encryptScheduleConfiguration(
  secrets: SecretBox,
  { content, ...configuration }: ScheduleConfiguration,
  scheduleId: number,
): Uint8Array {
  const stored = { ...configuration, content: content ?? '', readsRepository: content === null }
  return secrets.encrypt(
    JSON.stringify(storeObject(SCHEDULE_CONFIGURATION, stored)),
    placeOf('schedules.configuration', scheduleId),
  )
}

export function decryptScheduleConfiguration(
  secrets: SecretBox,
  encrypted: Uint8Array,
  scheduleId: number,
): ScheduleConfiguration {
  const { readsRepository, content, ...configuration } = openObject(
    SCHEDULE_CONFIGURATION,
    JSON.parse(secrets.decrypt(encrypted, placeOf('schedules.configuration', scheduleId))),
  )
  return { ...configuration, content: readsRepository ? null : content }
}

type NamedDelivery = Pick<NewHookDelivery, 'projectId' | 'kind' | 'key'>

const ofPayload = ({ projectId, kind, key }: NamedDelivery) => placeOf('hook_deliveries.payload', projectId, kind, key)

/** Encrypts what a forge sent: commit messages and push options may hold secrets. */
export const encryptHookPayload = (secrets: SecretBox, payload: HookPayload, delivery: NamedDelivery): Uint8Array =>
  secrets.encrypt(JSON.stringify(storeObject(HOOK_PAYLOAD, payload)), ofPayload(delivery))

export const decryptHookPayload = (secrets: SecretBox, encrypted: Uint8Array, delivery: NamedDelivery): HookPayload =>
  openObject(HOOK_PAYLOAD, JSON.parse(secrets.decrypt(encrypted, ofPayload(delivery))))

/** Encrypts the variables of a dotenv report. */
export const encryptDotenv = (secrets: SecretBox, variables: readonly Variable[], jobId: number): Uint8Array =>
  encryptList(secrets, VARIABLE, variables, placeOf('job_reports.dotenv', jobId)).encrypted

export const decryptDotenv = (secrets: SecretBox, encrypted: Uint8Array | null, jobId: number): Variable[] =>
  decryptList(secrets, VARIABLE, encrypted, placeOf('job_reports.dotenv', jobId))

/** @param tokenDigest - the digest of the job's token. */
export const encryptSession = (secrets: SecretBox, session: TerminalSession, tokenDigest: string): Uint8Array =>
  secrets.encrypt(JSON.stringify(storeObject(SESSION, session)), placeOf('job_secrets.session', tokenDigest))

function encryptList<T extends object>(
  secrets: SecretBox,
  form: StoredForm<T>,
  list: readonly T[],
  place: EncryptedPlace,
): Encrypted {
  const { version, stored } = storeList(form, list)
  return { encrypted: secrets.encrypt(JSON.stringify(stored), place), version }
}

/** Null means an empty list. */
const decryptList = <T extends object>(
  secrets: SecretBox,
  form: StoredForm<T>,
  encrypted: Uint8Array | null,
  place: EncryptedPlace,
): T[] => (encrypted === null ? [] : openList(form, JSON.parse(secrets.decrypt(encrypted, place))))
