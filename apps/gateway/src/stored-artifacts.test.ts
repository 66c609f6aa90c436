import type { Services } from '@yardmaster/domain'
import {
  authorizeDownload,
  browseArchive,
  expireArtifacts,
  findArtifact,
  keepArtifacts,
  openArchivedFile,
} from '@yardmaster/domain/artifacts'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  announced,
  broken,
  expectNothing,
  finish,
  gateway,
  job,
  keys,
  later,
  pieces,
  refused,
  report,
  runner,
  services,
  store,
  stored,
  takeJob,
  useJob,
  withObjects,
  zip,
} from './testing/artifact-scene.ts'

describe('an archive', () => {
  const read = async (path: string) => {
    const file = await openArchivedFile(services, job.id, path)
    if (!file.ok) return file.error.kind
    const { name, size, body } = file.value
    return { name, size, text: Buffer.concat(await Array.fromAsync(body)).toString() }
  }

  it('can be browsed, and its files read one by one', async () => {
    await store({ body: pieces(zip('dist/app/main.js', 'run()')) })
    expect(await stored()).toMatchObject({ browsable: true })
    expect(await keys()).toHaveLength(2)
    const browse = (path: string) => browseArchive(services, job.id, { path, limit: 100 })
    expect(await browse('')).toMatchObject({
      value: { entries: [{ path: 'dist/', name: 'dist', directory: true }], next: null },
    })
    for (const path of ['dist/app', 'dist/app/']) {
      const entry = { path: 'dist/app/main.js', name: 'main.js', directory: false, size: 5, zippedSize: 5 }
      expect(await browse(path)).toEqual({
        ok: true,
        value: { entries: [{ ...entry, mode: null, modified: null }], next: null },
      })
    }
    for (const path of ['dist/ap', 'dist/app/main.js', '/', '../', 'dist//']) {
      expect(await browse(path), path).toEqual(refused('artifact_not_found'))
    }
    expect(await read('dist/app/main.js')).toEqual({ name: 'main.js', size: 5, text: 'run()' })
    for (const path of ['dist/app/', 'main.js', '../dist/app/main.js', '/dist/app/main.js', '']) {
      expect(await read(path), path).toBe('artifact_not_found')
    }
  })

  it('hides entries whose names lead outside the archive', async () => {
    await store({ body: pieces(zip('../../evil', 'x')) })
    expect(await browseArchive(services, job.id, { path: '', limit: 10 })).toEqual({
      ok: true,
      value: { entries: [], next: null },
    })
    expect(await read('../../evil')).toBe('artifact_not_found')
  })

  it('is stored even if it is not a zip, but cannot be browsed', async () => {
    await store()
    expect(await browseArchive(services, job.id, { path: '', limit: 10 })).toEqual(refused('artifact_not_found'))
    expect(await read('a')).toBe('artifact_not_found')
    expect(await browseArchive(services, 2_000_000_000, { path: '', limit: 10 })).toMatchObject(
      refused('job_not_found'),
    )
  })

  it('is gone for people once it has expired', async () => {
    await store({ body: pieces(zip('a', 'b')), expireIn: '1 hour' })
    const after = later(3_600_001)
    expect(await findArtifact(after, job.id, 'archive')).toEqual(refused('artifact_not_found'))
    expect(await browseArchive(after, job.id, { path: '', limit: 10 })).toEqual(refused('artifact_not_found'))
    expect(await openArchivedFile(after, job.id, 'a')).toEqual(refused('artifact_not_found'))
    expect((await findArtifact(services, job.id, 'archive')).ok).toBe(true)
  })
})

describe('a download by a runner', () => {
  let other: { id: number; token: string }
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
    await gateway.database.db.query('update jobs set erased_at = now() where id = $1', [erased.id])
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

describe('expiry', () => {
  it('deletes rows, then objects, with any number of concurrent and repeated sweeps', async () => {
    await store({ body: pieces(zip('a', 'b')), expireIn: '1 hour' })
    await store({ ...report('junit', '<a/>'), expireIn: '2 hours' })
    await expireArtifacts(services)
    expect(await keys()).toHaveLength(3)
    const soon = later(3_700_000)
    await Promise.all([expireArtifacts(soon), expireArtifacts(soon), expireArtifacts(soon)])
    await expireArtifacts(soon)
    expect((await services.artifacts.list(job.id)).map(({ type }) => type)).toEqual(['junit'])
    expect(await keys()).toHaveLength(1)
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
