import { describe, expect, it } from 'vitest'
import { createFrom, idOf, statusesOf, takeNext } from '../testing/pipeline-scene.ts'
import { find, services, setUpScene } from '../testing/scene.ts'
import { cancelPipeline } from './cancel-pipeline.ts'

setUpScene()

describe('the cancel of a pipeline', () => {
  it('cancels all its jobs that are not over, of which none is skipped because of another', async () => {
    const { id } = await createFrom(`
      stages: [one, two, three]
      a: { stage: one, script: [x] }
      b: { stage: one, script: [x], when: manual, allow_failure: false }
      c: { stage: two, script: [x] }
      d: { stage: three, script: [x], needs: [c] }
    `)
    expect(await cancelPipeline(services, id)).toMatchObject({ value: { id, status: 'canceled' } })
    expect(await statusesOf(id)).toEqual({ a: 'canceled', b: 'canceled', c: 'canceled', d: 'canceled' })
  })

  it('skips none either where a job needs one of its own stage that comes after it', async () => {
    const { id } = await createFrom(`
      stages: [one, two]
      gate: { stage: one, script: [x], when: manual, allow_failure: false }
      first: { stage: two, script: [x], needs: [second] }
      second: { stage: two, script: [x], needs: [third] }
      third: { stage: two, script: [x], needs: [gate] }
    `)
    await cancelPipeline(services, id)
    expect(await statusesOf(id)).toEqual({ gate: 'canceled', first: 'canceled', second: 'canceled', third: 'canceled' })
  })

  it('starts no job that waits for one that has a runner', async () => {
    const made = await createFrom(`
      stages: [one, two]
      running: { stage: one, script: [x] }
      next: { stage: two, script: [x], when: always }
    `)
    await takeNext()
    expect(await cancelPipeline(services, made.id)).toMatchObject({ value: { status: 'canceled' } })
    expect(await statusesOf(made.id)).toEqual({ running: 'canceled', next: 'canceled' })
    expect((await find(idOf(made, 'next'))).startedAt).toBeNull()
  })

  it('is refused when all its jobs are over, and for a pipeline that is not there', async () => {
    const { id } = await createFrom('a: { script: [x] }')
    await cancelPipeline(services, id)
    expect(await cancelPipeline(services, id)).toEqual({
      ok: false,
      error: { kind: 'pipeline_over', id, status: 'canceled' },
    })
    expect(await cancelPipeline(services, 999_999)).toEqual({
      ok: false,
      error: { kind: 'pipeline_not_found', id: 999_999 },
    })
  })
})
