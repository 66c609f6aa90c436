import { describe, expect, it } from 'vitest'
import {
  job,
  keys,
  later,
  pieces,
  refused,
  services,
  setUpArtifactScene,
  store,
  stored,
  zip,
} from '../testing/artifact-scene.ts'
import { browseArchive, openArchivedFile } from './browse-archive.ts'
import { findArtifact } from './open-artifact.ts'

setUpArtifactScene()

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
        value: { entries: [{ ...entry, mode: '644', modified: new Date(1_700_000_000_000) }], next: null },
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
