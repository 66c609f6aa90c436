import { describe, expect, it } from 'vitest'
import {
  expectNothing,
  invalid,
  job,
  keys,
  pieces,
  report,
  services,
  setUpArtifactScene,
  store,
} from '../testing/artifact-scene.ts'
import { database } from '../testing/scene.ts'

setUpArtifactScene()

describe('reports', () => {
  it('store their variables with the artifact', async () => {
    expect(await store(report('dotenv', 'A=1\nB=2'))).toMatchObject({ ok: true })
    expect(await services.artifacts.dotenv(job.id)).toEqual([
      { key: 'A', value: '1' },
      { key: 'B', value: '2' },
    ])
    expect(await store(report('dotenv', 'A=1\nB=2'))).toEqual({ ok: true, value: 'present' })
    expect(await store(report('dotenv', 'A=3'))).toEqual(invalid('taken'))
    expect(await store(report('dotenv', 'C=3'))).toEqual(invalid('another artifact'))
    expect(await keys()).toHaveLength(1)
  })

  it('leave nothing behind when they are invalid', async () => {
    expect(await store(report('dotenv', 'no variable'))).toEqual(invalid('Invalid Format'))
    expect(await store({ ...report('dotenv', ''), body: pieces(Buffer.alloc(5120)) })).toEqual(invalid('5120'))
    expect(await store(report('annotations', '[]'))).toEqual(invalid('JSON object'))
    expect(await services.artifacts.dotenv(job.id)).toEqual([])
    await expectNothing()
  })

  it('of annotations are stored', async () => {
    expect(await store(report('annotations', '{"links":[1]}'))).toMatchObject({ ok: true })
    const [row] = await database.db.query('select annotations from job_reports where job_id = $1', [job.id])
    expect(row).toEqual({ annotations: { links: [1] } })
  })
})
