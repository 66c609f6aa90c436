import { openTestDatabase } from '@yardmaster/db/testing'
import { collectContacts } from '@yardmaster/domain'
import { expect, it } from 'vitest'
import { openMetrics, watchStores } from './metrics.ts'

it('names the projects that store most, and adds up the others', async () => {
  await using database = await openTestDatabase()
  for (let project = 0; project < 102; project++) {
    await database.stores.projects.create({ path: `project-${project}` })
  }
  // The project that always exists is number 1; it stores least.
  await database.db.query(
    'insert into project_usage (project_id, artifact_bytes, artifact_count) select id, id * 10, 1 from projects',
  )
  const metrics = openMetrics()
  watchStores(metrics, { ...database.stores, contacts: collectContacts(database.stores.runners) })
  const text = await metrics.registry.getSingleMetricAsString('yardmaster_stored_artifact_bytes')
  const series = text.split('\n').filter((line) => line.startsWith('yardmaster_stored_artifact_bytes{'))
  expect(series).toHaveLength(101)
  expect(series).toContain('yardmaster_stored_artifact_bytes{project="103"} 1030')
  expect(series).toContain('yardmaster_stored_artifact_bytes{project="other"} 60')
})
