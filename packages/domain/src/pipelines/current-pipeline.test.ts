import { arrange } from '@yardmaster/db/testing'
import { describe, expect, it } from 'vitest'
import { createFrom, idOf, runAll } from '../testing/pipeline-scene.ts'
import { database, services, setUpScene } from '../testing/scene.ts'
import { currentPipeline } from './current-pipeline.ts'

setUpScene()

describe('a pipeline', () => {
  it('has the status that its jobs have, also before it is written', async () => {
    const made = await createFrom('a: { script: [x] }')
    await services.background.settle()
    const start = "update jobs set status = 'running', started_at = now() where id = $1"
    await arrange(database.db, start, [idOf(made, 'a')])
    expect(await services.pipelines.find(made.id)).toMatchObject({ status: 'pending' })
    expect(await currentPipeline(services, made.id)).toMatchObject({ value: { status: 'running' } })
    expect(await services.pipelines.find(made.id)).toMatchObject({ status: 'running' })
  })

  it('that passed with an allowed failure says so', async () => {
    const { id } = await createFrom('a: { script: [x], allow_failure: true }\nb: { script: [x] }')
    await runAll(['a'])
    expect(await currentPipeline(services, id)).toMatchObject({
      value: { status: 'success', hasAllowedFailures: true },
    })
    const { id: clean } = await createFrom('a: { script: [x], allow_failure: true }')
    await runAll()
    expect(await currentPipeline(services, clean)).toMatchObject({
      value: { status: 'success', hasAllowedFailures: false },
    })
  })

  it('is not found when it is not there, or was removed', async () => {
    expect(await currentPipeline(services, 999_999)).toEqual({
      ok: false,
      error: { kind: 'pipeline_not_found', id: 999_999 },
    })
    const { id } = await createFrom('a: { script: [x] }')
    await runAll()
    expect(await services.pipelines.remove(id)).toHaveLength(1)
    expect(await currentPipeline(services, id)).toMatchObject({ error: { kind: 'pipeline_not_found' } })
  })
})
