import { openSecretBox, stores } from '@yardmaster/db'
import { arrange } from '@yardmaster/db/testing'
import type { Services } from '@yardmaster/domain'
import { catchUp, startDelayedJobs } from '@yardmaster/domain/processing'
import { claimJob } from '@yardmaster/domain/queue'
import { sealFinishedTraces } from '@yardmaster/domain/traces'
import { describe, expect, it } from 'vitest'
import {
  age,
  cancel,
  create,
  createMany,
  find,
  gateway,
  HOUR,
  runner,
  services,
  statusOf,
  take,
} from './testing/job-scene.ts'

describe('a damaged job', () => {
  /** Background work that records failures and continues, like the gateway's own. */
  function noting(failures: string[]): Services['background'] {
    const { run } = services.background
    return {
      ...services.background,
      run: (name, task) => run(name, () => task().catch(() => void failures.push(name))),
      report: (name) => void failures.push(name),
    }
  }

  it('does not keep the logs of other jobs from being sealed', async () => {
    const failures: string[] = []
    const taken: number[] = []
    for (const _ of [1, 2]) {
      await create()
      const { id, token } = await take()
      const api = `/api/v4/jobs/${id}/trace`
      for (const [start, text] of [
        [0, 'one '],
        [4, 'two '],
      ] as const) {
        const headers = { 'JOB-TOKEN': token, 'Content-Range': `${start}-${start + text.length - 1}` }
        expect((await gateway.call('PATCH', api, { headers, body: text })).status).toBe(202)
      }
      taken.push(id)
    }
    const [damaged = 0, whole = 0] = taken
    const pieces = await services.traces.pieces(damaged, 0, 10)
    await services.objects.put(pieces?.pieces[0]?.key ?? '', Buffer.from('short'))
    await arrange(
      gateway.database.db,
      "update jobs set status = 'success', finished_at = now() where id = any ($1::int[])",
      [taken],
    )
    await sealFinishedTraces({ ...services, background: noting(failures) })
    await services.background.settle()
    expect(failures).toEqual([`seal the log of job ${damaged}`])
    expect((await services.traces.pieces(whole, 0, 10))?.pieces).toHaveLength(1)
  })

  it('does not keep sweeps from the other jobs', async () => {
    const failures: string[] = []
    const sweeping = { ...services, background: noting(failures) }
    const [damaged = 0, follower = 0, other = 0] = await createMany({
      damaged: { when: 'manual', allow_failure: false, retry: 2 },
      follower: { needs: ['damaged'] },
      other: { when: 'delayed', start_in: '1 day' },
    })
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await gateway.database.db.query(
      "update job_secrets set definition = decode('00', 'hex') where job_id = any ($1::integer[])",
      [[damaged, follower]],
    )
    await arrange(
      gateway.database.db,
      "update jobs set status = 'failed', failure_reason = 'script_failure', finished_at = now() where id = $1",
      [damaged],
    )
    // As after a crash: ended without a follow-up.
    await gateway.database.db.script(`delete from pending_jobs where job_id = ${first}`)
    await arrange(gateway.database.db, "update jobs set status = 'success', finished_at = now() where id = $1", [first])
    await age(other, 'start_at', 24 * HOUR + 1)

    await catchUp(sweeping)
    await startDelayedJobs(sweeping)
    await services.background.settle()
    expect(await find(damaged)).toMatchObject({ status: 'failed', retriedBy: null })
    expect([await statusOf(second), await statusOf(other)]).toEqual(['pending', 'pending'])
    expect(await find(follower)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(sweeping)
    await services.background.settle()
    expect(failures).toEqual([])
  })

  const damage = (what: string) => gateway.database.db.query(what)
  const DAMAGED_BYTES = "decode('0011223344556677', 'hex')"

  it.each([
    ['definition', (id: number) => `update job_secrets set definition = ${DAMAGED_BYTES} where job_id = ${id}`],
    [
      'pipeline',
      (id: number) =>
        `update pipelines set variables = ${DAMAGED_BYTES} where id = (select pipeline_id from jobs where id = ${id})`,
    ],
  ])('in its %s fails once when a runner claims it, and the runner gets the next job', async (_, statement) => {
    const id = await create({ retry: { max: 2, when: 'api_failure' } })
    const next = await create()
    await damage(statement(id))
    expect((await take()).id).toBe(next)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
    await catchUp(services)
    expect((await find(id)).retriedBy).toBeNull()
  })

  it('with text that is not a definition is detected as well', async () => {
    const id = await create()
    const { pipelineId, name } = await find(id)
    const place = { column: 'job_secrets.definition', row: `${pipelineId}:${name}` } as const
    const sealed = gateway.database.secrets.encrypt('{}', place)
    await gateway.database.db.query('update job_secrets set definition = $2 where job_id = $1', [id, sealed])
    expect((await gateway.post('/jobs/request', { token: runner.token })).status).toBe(204)
    expect(await find(id)).toMatchObject({ status: 'failed', failureReason: 'data_integrity_failure' })
  })

  it('is still listed, and shown as damaged', async () => {
    const id = await create({ when: 'manual' })
    await damage(`update job_secrets set definition = ${DAMAGED_BYTES} where job_id = ${id}`)
    expect(await gateway.admin('query', 'jobs.get', { id })).toMatchObject({ id, status: 'manual' })
    for (const procedure of ['jobs.explain', 'jobs.details']) {
      await expect(gateway.admin('query', procedure, { id })).rejects.toThrow('damaged')
    }
    await cancel(id)
    await expect(gateway.admin('mutation', 'jobs.retry', { id })).rejects.toThrow('damaged')
  })

  it('is not assumed by a process with a wrong key, which ends no job', async () => {
    const [first = 0, second = 0] = await createMany({ first: {}, second: { needs: ['first'] } })
    await gateway.database.db.script(`delete from pending_jobs where job_id = ${first}`)
    await arrange(gateway.database.db, "update jobs set status = 'success', finished_at = now() where id = $1", [first])
    const failures: string[] = []
    const jobs = stores(gateway.database.db, openSecretBox(Buffer.alloc(32, 'mistaken'))).jobs
    await catchUp({ ...services, jobs, background: noting(failures) })
    await services.background.settle()
    expect([await statusOf(second), failures.length]).toEqual(['created', 1])
    await catchUp(services)
    expect(await statusOf(second)).toBe('pending')
  })
})

describe('a payload that cannot be made', () => {
  it('fails its job, which is retried twice and then no more', async () => {
    const id = await create()
    const found = await services.runners.find(runner.id)
    if (!found) throw new Error('no runner')
    const reports: unknown[] = []
    const background: Services['background'] = {
      ...services.background,
      run: (name, task) =>
        services.background.run(name, () => task().catch((error: unknown) => void reports.push(error))),
      report: (_name, error) => void reports.push(error),
    }
    for (let request = 0; request < 3; request++) {
      const request = { runner: found, managerId: null, features: [], jobAge: null, session: null, answersHold: false }
      const claimed = await claimJob({ ...services, background }, request, () =>
        Promise.reject(new Error('no payload')),
      )
      expect(claimed).toEqual({ ok: true, value: null })
      await services.background.settle()
    }
    const { pipelineId } = await find(id)
    const attempts = await services.jobs.list({ pipelineId, limit: 10 })
    expect(attempts.map(({ status, failureReason }) => [status, failureReason])).toEqual(
      Array.from({ length: 3 }, () => ['failed', 'scheduler_failure']),
    )
  })
})
