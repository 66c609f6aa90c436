import { describe, expect, it } from 'vitest'
import type { Services } from '../services.ts'
import {
  announced,
  broken,
  expectNothing,
  job,
  keys,
  later,
  pieces,
  refused,
  report,
  services,
  setUpArtifactScene,
  store,
  stored,
  withObjects,
  zip,
} from '../testing/artifact-scene.ts'
import { expireArtifacts } from './expire-artifacts.ts'
import { authorizeDownload } from './open-artifact.ts'

setUpArtifactScene()

describe('expiry', () => {
  it('deletes rows, then objects, with any number of concurrent and repeated sweeps', async () => {
    await store({ body: pieces(zip('a', 'b')), expireIn: '1 hour' })
    await store({ ...report('junit', '<a/>'), expireIn: '2 hours' })
    await expireArtifacts(services)
    // An archive with its listing, a report with its tests.
    expect(await keys()).toHaveLength(4)
    const soon = later(3_700_000)
    await Promise.all([expireArtifacts(soon), expireArtifacts(soon), expireArtifacts(soon)])
    await expireArtifacts(soon)
    expect((await services.artifacts.list(job.id)).map(({ type }) => type)).toEqual(['junit'])
    expect(await keys()).toHaveLength(2)
    expect(await announced()).toEqual([])
    expect(await authorizeDownload(services, job)).toEqual(refused('artifact_not_found'))
  })

  it('continues after a crash between any two steps, and after a failure of the object store', async () => {
    await store({ expireIn: '1 hour' })
    const soon = later(3_700_000)
    const failing: Services = { ...soon, objects: withObjects({ delete: broken }).objects }
    await expect(expireArtifacts(failing)).rejects.toThrow('the disk is full')
    expect(await stored()).toBeNull()
    expect(await keys()).toHaveLength(1)
    const forgetful: Services = { ...later(5_000_000), artifacts: { ...services.artifacts, forget: broken } }
    await expect(expireArtifacts(forgetful)).rejects.toThrow()
    expect(await keys()).toEqual([])
    await expireArtifacts(later(5_000_000))
    expect(await announced()).toEqual([])
  })

  it('processes more than one batch in a run', async () => {
    const strays = Array.from({ length: 250 }, (_, index) => `artifacts/${job.id}/${index}`)
    for (const key of strays) await services.objects.put(key, Buffer.from('x'))
    await services.artifacts.announce(strays, new Date(Date.now() - 1000))
    expect((await expireArtifacts(services)).objects).toBeGreaterThanOrEqual(250)
    await expectNothing()
  })
})
