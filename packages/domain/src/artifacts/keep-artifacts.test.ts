import { describe, expect, it } from 'vitest'
import { job, later, services, setUpArtifactScene, store, stored } from '../testing/artifact-scene.ts'
import { expireArtifacts } from './expire-artifacts.ts'
import { keepArtifacts } from './keep-artifacts.ts'

setUpArtifactScene()

describe('expiry', () => {
  it('skips artifacts that are kept on request', async () => {
    await store({ expireIn: '1 hour' })
    expect(await keepArtifacts(services, job.id)).toMatchObject({
      ok: true,
      value: { id: job.id, artifactsExpireAt: null },
    })
    await expireArtifacts(later(86_400_000))
    expect(await stored()).toMatchObject({ expireAt: null })
    expect(await keepArtifacts(services, 2_000_000_000)).toEqual({
      ok: false,
      error: { kind: 'job_not_found', id: 2_000_000_000 },
    })
  })
})
