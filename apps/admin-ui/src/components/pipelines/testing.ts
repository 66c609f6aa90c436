import type { JobInPipeline } from '../../lib/api.ts'

/** Returns a job for tests. */
export const jobNamed = (name: string, job: Partial<JobInPipeline> = {}): JobInPipeline => ({
  id: 1,
  name,
  stage: 'test',
  stageIndex: 0,
  status: 'created',
  allowFailure: false,
  needs: null,
  when: 'on_success',
  parallel: null,
  failureReason: null,
  scheduledAt: null,
  startedAt: null,
  finishedAt: null,
  kind: 'build',
  downstreamPipelineId: null,
  downstreamStatus: null,
  downstreamHasAllowedFailures: false,
  failureDetail: null,
  ...job,
})
