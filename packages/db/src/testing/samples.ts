import { randomBytes } from 'node:crypto'
import type { JobDefinition } from '@yardmaster/ci-config'
import { parsed } from '@yardmaster/ci-config/testing'
import type { Claim, NewJob, NewPipeline, NewRunner } from '@yardmaster/domain/ports'
import type { Runner } from '@yardmaster/domain/runners'

/** Returns a text that no other test of the file has. */
export const unique = (): string => randomBytes(6).toString('hex')

export const sampleRunner = (given: Partial<NewRunner> = {}): NewRunner => ({
  runnerType: 'instance_type',
  registrationType: 'registration_token',
  creationState: 'finished',
  name: null,
  tokenDigest: unique(),
  tokenPrefix: 'glrtr-abcdefgh',
  tokenExpiresAt: null,
  groupId: null,
  projectIds: [],
  description: null,
  maintenanceNote: null,
  paused: false,
  locked: false,
  accessLevel: 'not_protected',
  runUntagged: true,
  tagList: [],
  maximumTimeout: null,
  costFactor: 1,
  ...given,
})

export const sampleDefinition = (given: Partial<JobDefinition> = {}): JobDefinition => ({ ...parsed({}), ...given })

export const sampleJob = (
  definition: Partial<JobDefinition> = {},
  given: Partial<Omit<NewJob, 'definition'>> = {},
): NewJob => ({
  name: 'unit tests',
  stage: 'test',
  definition: sampleDefinition(definition),
  status: 'pending',
  requiredFeatures: [],
  ...given,
})

export const samplePipeline = (projectId: number, given: Partial<NewPipeline> = {}): NewPipeline => ({
  projectId,
  source: 'api',
  ref: 'main',
  tag: false,
  sha: null,
  protected: false,
  variables: [],
  jobs: [sampleJob()],
  ...given,
})

export const sampleClaim = (runner: Runner, given: Partial<Claim> = {}): Claim => ({
  runner,
  managerId: null,
  features: [],
  jobAge: null,
  tokenDigest: unique(),
  fairScheduling: true,
  archiveAfter: null,
  session: null,
  answersHold: false,
  ...given,
})
