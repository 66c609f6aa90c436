import {
  DEFINITION,
  type JobDefinition,
  storedDefinition,
  upgradeDefinition,
  VARIABLE,
  type Variable,
} from '@yardmaster/ci-config'
import { newestVersion, openList, type StoredForm, storeList, storeObject } from '@yardmaster/common'
import type { NewPipeline, ProjectVariable, RunnerSession } from '@yardmaster/domain'
import { placeOf, type SealedPlace, type SecretBox } from './secrets.ts'

type PipelineVariable = NewPipeline['variables'][number]

const PIPELINE_VARIABLE: StoredForm<PipelineVariable> = { ...VARIABLE, public: { since: 1, absent: undefined } }
const PROJECT_VARIABLE: StoredForm<ProjectVariable> = { ...VARIABLE, protected: { since: 1, absent: undefined } }
const SESSION: StoredForm<RunnerSession> = {
  url: { since: 1 },
  certificate: { since: 1 },
  authorization: { since: 1 },
}

/** What claims read has versions in one sequence: this is the newest that this release knows. */
export const KNOWN_VERSION = Math.max(
  newestVersion(DEFINITION),
  newestVersion(PIPELINE_VARIABLE),
  newestVersion(PROJECT_VARIABLE),
)

/** A sealed value, with its version for where it can't be looked into. */
interface Sealed {
  readonly sealed: Uint8Array
  readonly version: number
}

/** What a definition is sealed for: a retried job has the one of the job before, as it was sealed. */
interface DefinedJob {
  readonly pipelineId: number
  readonly name: string
}

const ofDefinition = ({ pipelineId, name }: DefinedJob) => placeOf('job_secrets.definition', pipelineId, name)

export function sealDefinition(secrets: SecretBox, definition: JobDefinition, job: DefinedJob): Sealed {
  const stored = storedDefinition(definition)
  return { sealed: secrets.seal(JSON.stringify(stored), ofDefinition(job)), version: stored.version }
}

/**
 * In the present form, whichever release sealed it. So are all others here.
 *
 * @throws NewerFormError for the value of a newer release; something else for one that is damaged.
 */
export const openDefinition = (secrets: SecretBox, sealed: Uint8Array, job: DefinedJob): JobDefinition =>
  upgradeDefinition(JSON.parse(secrets.open(sealed, ofDefinition(job))))

export const sealPipelineVariables = (
  secrets: SecretBox,
  variables: NewPipeline['variables'],
  pipelineId: number,
): Sealed => sealList(secrets, PIPELINE_VARIABLE, variables, placeOf('pipelines.variables', pipelineId))

export const openPipelineVariables = (
  secrets: SecretBox,
  sealed: Uint8Array | null,
  pipelineId: number,
): PipelineVariable[] => openSealedList(secrets, PIPELINE_VARIABLE, sealed, placeOf('pipelines.variables', pipelineId))

export const sealProjectVariables = (
  secrets: SecretBox,
  variables: readonly ProjectVariable[],
  projectId: number,
): Sealed => sealList(secrets, PROJECT_VARIABLE, variables, placeOf('projects.variables', projectId))

export const openProjectVariables = (
  secrets: SecretBox,
  sealed: Uint8Array | null,
  projectId: number,
): ProjectVariable[] => openSealedList(secrets, PROJECT_VARIABLE, sealed, placeOf('projects.variables', projectId))

/** Variables of a dotenv report. */
export const sealDotenv = (secrets: SecretBox, variables: readonly Variable[], jobId: number): Uint8Array =>
  sealList(secrets, VARIABLE, variables, placeOf('job_reports.dotenv', jobId)).sealed

export const openDotenv = (secrets: SecretBox, sealed: Uint8Array | null, jobId: number): Variable[] =>
  openSealedList(secrets, VARIABLE, sealed, placeOf('job_reports.dotenv', jobId))

/** @param tokenDigest - of the job's token. */
export const sealSession = (secrets: SecretBox, session: RunnerSession, tokenDigest: string): Uint8Array =>
  secrets.seal(JSON.stringify(storeObject(SESSION, session)), placeOf('job_secrets.session', tokenDigest))

function sealList<T extends object>(
  secrets: SecretBox,
  form: StoredForm<T>,
  list: readonly T[],
  place: SealedPlace,
): Sealed {
  const { version, stored } = storeList(form, list)
  return { sealed: secrets.seal(JSON.stringify(stored), place), version }
}

/** Null stands for an empty list. */
const openSealedList = <T extends object>(
  secrets: SecretBox,
  form: StoredForm<T>,
  sealed: Uint8Array | null,
  place: SealedPlace,
): T[] => (sealed === null ? [] : openList(form, JSON.parse(secrets.open(sealed, place))))
