import { describe, expect, it } from 'vitest'
import { COLUMNS } from './job-columns.ts'
import { sampleJob, samplePipeline } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange } from './testing.ts'

const test = useTestDatabase()

const rowOf = async (id: number) => {
  const [row] = await test.db.query<Record<string, unknown>>('select * from jobs where id = $1', [id])
  if (!row) throw new Error(`no job ${id}`)
  return row
}

describe('the table of job columns', () => {
  it('names every column of the table jobs, with its type', async () => {
    const described = Object.entries(COLUMNS).map(([name, column]) => ({
      name,
      type: column.type,
      nullable: 'nullable' in column,
    }))
    const stored = await test.db.query<{ name: string }>(
      `select attname as name, described.type, not attnotnull as nullable
         from pg_attribute
         left join json_to_recordset($1) as described (name text, type text)
           on described.name = attname and to_regtype(described.type) = atttypid
        where attrelid = 'jobs'::regclass and attnum > 0 and not attisdropped`,
      [JSON.stringify(described)],
    )
    const byName = (one: { name: string }, other: { name: string }) => one.name.localeCompare(other.name)
    expect(described.sort(byName)).toEqual(stored.sort(byName))
  })

  it('keeps in a retry the columns marked as kept, and leaves the rest to the defaults and the statement', async () => {
    const project = await makeProject(test)
    const definition = { tags: ['a'], timeout: 60, allowFailureExitCodes: [7] }
    const [first = 0, second = 0] = await test.stores.jobs.create(
      samplePipeline(project.id, {
        jobs: [
          sampleJob(),
          sampleJob(definition, {
            name: 'second',
            stage: 'deploy',
            stageIndex: 1,
            byStage: false,
            waitsFor: [0],
            fetchesFrom: [0],
            requiredFeatures: ['refspecs'],
          }),
        ],
      }),
    )
    // Fills every column that anything can set.
    await arrange(
      test.db,
      `update jobs
          set status = 'failed', timeout_source = 'job', start_at = now(), queued_at = now(), started_at = now(),
              finished_at = now(), erased_at = now(), last_signal_at = now(), runner_id = 1, manager_id = 1,
              on_instance_runner = true, answered_hold = true, token_digest = 'x', failure_reason = 'script_failure',
              exit_code = 7, cost_factor = 2, debug_trace = true, trace_size = 1, trace_crc = 1, trace_invalid = true,
              trace_corrupted = true, trace_sealed = true, artifacts_expire_at = now()
        where id = $1`,
      [second],
    )
    const old = await rowOf(second)
    const retry = { tags: ['a'], allowFailure: true, timeout: 30 }
    const made = await rowOf((await test.stores.jobs.retry(second, retry)) ?? 0)
    const fresh = await rowOf(first)
    for (const [name, { retried }] of Object.entries(COLUMNS)) {
      if (retried === 'kept') expect(made[name], name).toEqual(old[name])
      else if (retried === 'default' && !/^(?:created|updated)_at$/.test(name)) {
        expect(made[name], name).toEqual(fresh[name])
      }
    }
    expect(made).toMatchObject({ status: 'pending', allow_failure: true, timeout: 30, retry_of: second })
  })
})
