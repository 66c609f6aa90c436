import { beforeEach, describe, expect, it } from 'vitest'
import {
  finish,
  job,
  later,
  refused,
  services,
  setUpArtifactScene,
  store,
  takeJob,
  useJob,
} from '../testing/artifact-scene.ts'
import { database, type Holder, runner } from '../testing/scene.ts'
import { authorizeDownload } from './open-artifact.ts'

setUpArtifactScene()

describe('a download by a runner', () => {
  let other: Holder
  beforeEach(async () => {
    await store({ expireIn: '1 minute' })
    other = await takeJob()
  })

  it('is allowed for every executing job of the project, expired or not', async () => {
    expect(await authorizeDownload(later(3_600_000), { id: job.id, token: other.token })).toMatchObject({
      ok: true,
      value: { jobId: job.id, type: 'archive' },
    })
    expect(await authorizeDownload(services, job)).toMatchObject({ ok: true })
    await finish(job)
    expect(await authorizeDownload(services, { id: job.id, token: other.token })).toMatchObject({ ok: true })
    expect(await authorizeDownload(services, job)).toEqual(refused('download_unauthorized'))
  })

  it('is refused to all others', async () => {
    for (const token of [null, undefined, '', 'x', runner.token]) {
      expect(await authorizeDownload(services, { id: job.id, token })).toEqual(refused('download_unauthorized'))
    }
    await finish(other)
    for (const id of [job.id, 2_000_000_000]) {
      expect(await authorizeDownload(services, { id, token: other.token })).toEqual(refused('download_unauthorized'))
    }
    const erased = await takeJob()
    await database.db.query('update jobs set erased_at = now() where id = $1', [erased.id])
    expect(await authorizeDownload(services, { ...job, token: erased.token })).toEqual(refused('download_unauthorized'))
  })

  it('is refused for an unknown job, and finds nothing in a job without artifacts', async () => {
    expect(await authorizeDownload(services, { ...other, id: 2_000_000_000 })).toEqual(refused('download_refused'))
    expect(await authorizeDownload(services, other)).toEqual(refused('artifact_not_found'))
  })

  it('is allowed for another project only if the owner allows it', async () => {
    const [owner, asking] = await Promise.all(
      ['owner', 'asking'].map((path) => services.projects.create({ path: `${path}-${job.id}` })),
    )
    if (!owner || !asking) throw new Error('no projects')
    await useJob({}, owner.id)
    await store()
    other = await takeJob({}, asking.id)
    const download = { id: job.id, token: other.token }
    expect(await authorizeDownload(services, download)).toEqual(refused('download_refused'))
    await services.projects.update(asking.id, { jobTokenAllowlist: [owner.id] })
    expect(await authorizeDownload(services, download)).toEqual(refused('download_refused'))
    await services.projects.update(owner.id, { jobTokenAllowlist: [asking.id] })
    expect(await authorizeDownload(services, download)).toMatchObject({ ok: true })
    await services.projects.remove(owner.id)
    expect(await authorizeDownload(services, download)).toEqual(refused('download_refused'))
  })
})
