import { arrange, openTestDatabase } from '@yardmaster/db/testing'
import { collectContacts } from '@yardmaster/domain/runners'
import { steadyClock } from '@yardmaster/domain/testing'
import { expect, it } from 'vitest'
import { openMetrics, watchStores } from './metrics.ts'

it('shows the projects that store most, and sums the others', async () => {
  await using database = await openTestDatabase()
  for (let project = 0; project < 102; project++) {
    await database.stores.projects.create({ path: `project-${project}` })
  }
  // Project 1 always exists; it stores least.
  await database.db.query(
    'insert into project_usage (project_id, artifact_bytes, artifact_count) select id, id * 10, 1 from projects',
  )
  const metrics = openMetrics()
  const clock = steadyClock()
  watchStores(metrics, { ...database.stores, contacts: collectContacts(database.stores.runners), clock })
  const text = await metrics.registry.getSingleMetricAsString('yardmaster_stored_artifact_bytes')
  const series = text.split('\n').filter((line) => line.startsWith('yardmaster_stored_artifact_bytes{'))
  expect(series).toHaveLength(101)
  expect(series).toContain('yardmaster_stored_artifact_bytes{project="103"} 1030')
  expect(series).toContain('yardmaster_stored_artifact_bytes{project="other"} 60')
})

it('shows compute minutes by project, and waits and run times by tag', async () => {
  await using database = await openTestDatabase()
  const clock = steadyClock()
  const ended = `insert into jobs (pipeline_id, project_id, name, stage, status, tags, required_features, dependencies,
      allow_failure, allow_failure_exit_codes, runner_id, cost_factor, queued_at, started_at, finished_at)
    select pipeline.id, 1, 'job', 'test', 'success', array['tag ' || n % 60, 'all'], '{}', '{}', false, '{}', 1, 2,
           now() - interval '100 seconds', now() - interval '60 seconds', now()
      from pipeline, generate_series(1, 120) n`
  await arrange(
    database.db,
    `with pipeline as (
       insert into pipelines (project_id, iid, source, ref, tag, protected) values (1, 1, 'api', 'main', false, false)
       returning id) ${ended}`,
  )
  const metrics = openMetrics()
  watchStores(metrics, { ...database.stores, contacts: collectContacts(database.stores.runners), clock })
  const series = async (name: string) =>
    (await metrics.registry.getSingleMetricAsString(name)).split('\n').filter((line) => line.startsWith(`${name}{`))
  expect(await series('yardmaster_compute_minutes')).toEqual(['yardmaster_compute_minutes{project="1"} 240'])
  const waits = await series('yardmaster_job_queue_wait_seconds')
  expect(waits).toContain('yardmaster_job_queue_wait_seconds{tag="all",quantile="0.9"} 40')
  expect(waits).toContain('yardmaster_job_queue_wait_seconds{tag="tag all",quantile="0.5"} 40')
  expect(waits).toHaveLength(51 * 3)
  expect(await series('yardmaster_job_run_seconds')).toContain(
    'yardmaster_job_run_seconds{tag="all",quantile="0.99"} 60',
  )
})
