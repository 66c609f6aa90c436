import type { RetryDefinition } from '@yardmaster/ci-config'
import { FAILURE_REASONS } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { create, find, say, services, setUpScene, take } from '../testing/scene.ts'
import { byNewerRelease, changeStored } from '../testing/stored-definition.ts'
import { catchUp } from './follow-up.ts'
import { mostRetries, retryJob } from './retry-job.ts'

setUpScene()

const retry = (given: Partial<RetryDefinition> = {}): RetryDefinition => ({
  max: 1,
  when: ['always'],
  exitCodes: [],
  ...given,
})
const matched = (...when: string[]) =>
  FAILURE_REASONS.filter((reason) => mostRetries(retry({ when }), reason, null) === 1).sort()

describe('how often a failed job is retried (docs/protocol/job-update.md 10)', () => {
  it('is never, for failures that would repeat, whatever the job asks for', () => {
    const never = FAILURE_REASONS.filter((reason) => mostRetries(retry({ max: 2 }), reason, null) === 0)
    expect(never.sort()).toEqual([
      'ci_quota_exceeded',
      'environment_creation_failure',
      'forward_deployment_failure',
      'missing_dependency_failure',
      'no_matching_runner',
      'project_deleted',
    ])
  })

  it('is twice by default for a failed assignment, and otherwise never', () => {
    const unasked = retry({ max: 0, when: [] })
    const twice = FAILURE_REASONS.filter((reason) => mostRetries(unasked, reason, 1) === 2)
    expect(twice.sort()).toEqual(['runner_provisioning_timeout', 'scheduler_failure'])
    for (const reason of FAILURE_REASONS.filter((reason) => !twice.includes(reason))) {
      expect(mostRetries(unasked, reason, 1), reason).toBe(0)
    }
    expect(mostRetries(retry({ when: ['script_failure'] }), 'scheduler_failure', null)).toBe(2)
    expect(mostRetries(retry({ when: ['scheduler_failure'] }), 'scheduler_failure', null)).toBe(1)
  })

  it('depends on the named reasons, and on those into which older ones were split', () => {
    expect(matched('api_failure')).toEqual(['api_failure'])
    expect(matched('stuck_or_timeout_failure')).toEqual([
      'no_updates_canceling',
      'no_updates_running',
      'server_timeout_canceling',
      'server_timeout_running',
      'stuck_or_timeout_failure',
      'stuck_pending_no_matching_runners',
      'stuck_pending_with_matching_runners',
    ])
    expect(matched('job_execution_timeout')).toEqual([
      'job_execution_server_timeout',
      'job_execution_timeout',
      'server_timeout_running',
    ])
    expect(matched('job_execution_server_timeout')).toEqual([
      'job_execution_server_timeout',
      'server_timeout_canceling',
      'server_timeout_running',
    ])
    expect(matched('script_failure')).toEqual(['runner_configuration_error', 'script_failure'])
    expect(matched('runner_system_failure')).toEqual([
      'image_pull_failure',
      'runner_external_dependency_failure',
      'runner_interrupted',
      'runner_system_failure',
    ])
  })

  it('depends on exit codes as well, whatever the reason', () => {
    const coded = retry({ when: ['api_failure'], exitCodes: [7, 137] })
    expect(mostRetries(coded, 'script_failure', 137)).toBe(1)
    expect(mostRetries(coded, 'script_failure', 1)).toBe(0)
    expect(mostRetries(coded, 'script_failure', null)).toBe(0)
    expect(mostRetries(coded, 'api_failure', null)).toBe(1)
    expect(mostRetries({ ...coded, max: 0 }, 'script_failure', 137)).toBe(0)
  })
})

describe('a job that was stored by a newer release', () => {
  it('is not retried after a failure, because the newer release decides', async () => {
    const id = await create({ retry: 2 })
    const taken = await take()
    await changeStored(id, byNewerRelease)
    await say(taken, 'failed')
    await services.background.settle()
    await catchUp(services)
    expect(await find(id)).toMatchObject({ status: 'failed', retriedBy: null })
    expect(await services.jobs.retryUndecided(0, 100)).toContain(id)
    expect(await retryJob(services, id)).toMatchObject({
      error: { kind: 'transition_impossible', reason: expect.stringContaining('A newer release created job') },
    })
  })
})
