import type { JobDefinition } from '@yardmaster/ci-config'
import type { TakenJob } from '../ports.ts'

const at = new Date('2026-01-10T12:34:56.789Z')

export interface TakenJobParts {
  readonly job?: Partial<TakenJob['job']> | undefined
  readonly project?: Partial<TakenJob['project']> | undefined
  readonly pipeline?: Partial<TakenJob['pipeline']> | undefined
}

/** Returns a running job as a claim returns it: of the branch main of `harbour/lantern`, with no special features. */
export const sampleTakenJob = (
  definition: JobDefinition,
  { job, project, pipeline }: TakenJobParts = {},
): TakenJob => ({
  job: {
    id: 1047,
    name: 'unit tests',
    stage: 'test',
    status: 'running',
    pipelineId: 311,
    projectId: 17,
    projectPath: 'harbour/lantern',
    ref: 'main',
    tag: false,
    sha: '3f7a2d1c9be04856a1f0c3d2e4b5968778695a4b',
    protected: true,
    tags: [],
    runnerId: 9,
    managerId: 1,
    failureReason: null,
    exitCode: null,
    allowFailure: false,
    timeout: 3600,
    timeoutSource: 'project',
    debugTrace: false,
    createdAt: at,
    scheduledAt: null,
    queuedAt: at,
    startedAt: at,
    finishedAt: null,
    erasedAt: null,
    updatedAt: at,
    artifactsExpireAt: null,
    traceSize: 0,
    traceChecksum: null,
    traceInvalid: false,
    traceCorrupted: false,
    retriedBy: null,
    retryOf: null,
    dependencies: [],
    resourceGroup: null,
    ...job,
  },
  definition,
  project: {
    id: 17,
    path: 'harbour/lantern',
    name: 'Lantern',
    groupId: 5,
    groupPath: 'harbour',
    repoUrl: null,
    sharesCheckout: false,
    defaultBranch: 'main',
    protectedRefs: ['main'],
    timeout: 3600,
    variables: [],
    registrationToken: 'GR1348941x',
    instanceRunnersEnabled: true,
    groupRunnersEnabled: true,
    ciEnabled: true,
    jobTokenAllowlist: [],
    maxStoredBytes: null,
    damaged: [],
    createdAt: at,
    ...project,
  },
  pipeline: { id: 311, iid: 4, source: 'api', createdAt: at, variables: [], ...pipeline },
  timeInQueueSeconds: 4,
  queueSize: 3,
  runningOnInstanceRunners: 2,
})
