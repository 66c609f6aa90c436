import { describe, expect, it } from 'vitest'
import { age, cancel, create, find, type Holder, services, setUpScene, take } from '../testing/scene.ts'
import { endJob } from './end-job.ts'
import { type JobReport, updateJob } from './update-job.ts'

setUpScene()

async function running(definition: object = {}): Promise<Holder> {
  await create(definition)
  return await take({ return_exit_code: true })
}

const report = (job: Holder, given: Partial<JobReport>, ports = services) =>
  updateJob(ports, {
    ...job,
    ...{ ipAddress: null, state: 'running', failureReason: null, exitCode: null, checksum: null, bytesize: null },
    ...given,
  })

describe('a report of a runner', () => {
  it('that its job runs is a heartbeat', async () => {
    const job = await running()
    await age(job.id, 'updated_at', 3600)
    const before = await find(job.id)
    expect(await report(job, { state: 'running' })).toEqual({ ok: true, value: 'running' })
    const after = await find(job.id)
    expect(after.updatedAt.getTime()).toBeGreaterThan(before.updatedAt.getTime())
    await cancel(job.id)
    expect(await report(job, { state: 'running' })).toEqual({ ok: true, value: 'canceling' })
  })

  it('that its job succeeded or failed ends it', async () => {
    expect(await report(await running(), { state: 'success' })).toEqual({ ok: true, value: 'success' })
    const failed = await running()
    const failure = { state: 'failed', failureReason: 'script_failure', exitCode: 3 }
    expect(await report(failed, failure)).toEqual({ ok: true, value: 'failed' })
    expect(await find(failed.id)).toMatchObject({ failureReason: 'script_failure', exitCode: 3 })
  })

  it('of a failure without a reason, or with one that is not known, has the reason of the protocol', async () => {
    for (const failureReason of [null, 'no_such_reason']) {
      const job = await running()
      await report(job, { state: 'failed', failureReason })
      expect((await find(job.id)).failureReason).toBe('unknown_failure')
    }
  })

  it('of a failure with an allowed exit code lets the job fail without harm', async () => {
    const job = await running({ allow_failure: { exit_codes: [42] } })
    await report(job, { state: 'failed', failureReason: 'script_failure', exitCode: 42 })
    expect(await find(job.id)).toMatchObject({ status: 'failed', allowFailure: true })
  })

  it('of any other state changes nothing', async () => {
    const job = await running()
    for (const state of [null, 'canceled', 'pending', 'x']) {
      expect(await report(job, { state })).toEqual({ ok: false, error: { kind: 'state_unknown', status: 'running' } })
    }
    expect(await find(job.id)).toMatchObject({ status: 'running' })
  })

  it('is refused without the token of the job, and once the job is over', async () => {
    const job = await running()
    for (const token of [null, 'wrong']) {
      expect(await report(job, { token, state: 'success' })).toEqual({ ok: false, error: { kind: 'job_refused' } })
    }
    expect(await find(job.id)).toMatchObject({ status: 'running' })
    await report(job, { state: 'success' })
    for (const state of ['running', 'failed', 'success']) {
      expect(await report(job, { state })).toEqual({
        ok: false,
        error: { kind: 'job_not_executing', status: 'success' },
      })
    }
  })

  it('is refused when the job ends in the same moment', async () => {
    for (const state of ['running', 'success', 'failed']) {
      const job = await running()
      let ended = false
      const jobs: typeof services.jobs = {
        ...services.jobs,
        async credentials(id) {
          const found = await services.jobs.credentials(id)
          if (!ended) {
            ended = true
            await endJob(services, id, { event: 'cancel' })
          }
          return found
        },
      }
      expect(await report(job, { state }, { ...services, jobs }), state).toEqual({
        ok: false,
        error: { kind: 'job_not_executing', status: 'canceled' },
      })
    }
  })
})
