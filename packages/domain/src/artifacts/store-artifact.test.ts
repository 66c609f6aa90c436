import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../ports.ts'
import type { Services } from '../services.ts'
import {
  announced,
  broken,
  expectNothing,
  finish,
  invalid,
  job,
  keys,
  LARGEST,
  later,
  pieces,
  refused,
  services,
  setUpArtifactScene,
  store,
  stored,
  useJob,
  withObjects,
  zip,
} from '../testing/artifact-scene.ts'
import { steadyClock } from '../testing/steady-clock.ts'
import { expireArtifacts } from './expire-artifacts.ts'
import { readArtifact } from './open-artifact.ts'

setUpArtifactScene()

describe('storing an artifact', () => {
  it('stores its bytes with their digest, under a key that does not depend on its name', async () => {
    expect(await store({ filename: '../../ä b.zip' })).toEqual({ ok: true, value: 'stored' })
    const artifact = await stored()
    expect(artifact).toMatchObject({
      filename: 'ä_b.zip',
      format: 'zip',
      size: 14,
      sha256: createHash('sha256').update('hello, archive').digest('hex'),
      accessibility: 'public',
      browsable: false,
    })
    expect(artifact?.key).toMatch(new RegExp(`^artifacts/${job.id}/[0-9a-f]{32}$`))
    const body = artifact && (await readArtifact(services, artifact, { start: 7, end: 10 }))
    expect(body?.ok && Buffer.concat(await Array.fromAsync(body.value)).toString()).toBe('arc')
    expect(await announced()).toEqual([])
  })

  it('changes nothing for the same bytes again, and refuses different ones', async () => {
    await store()
    const before = await stored()
    expect(await store({ filename: 'b.zip', expireIn: '1 day' })).toEqual({ ok: true, value: 'present' })
    expect(await store({ body: pieces('other') })).toEqual(invalid('another artifact of the same type already exists'))
    expect(await stored()).toEqual(before)
    expect(await keys()).toEqual([before?.key])
    expect(await announced()).toEqual([])
  })

  it('stores one of many concurrent uploads', async () => {
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => store()))
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.kind)).sort()).toEqual([
      ...Array(5).fill('present'),
      'stored',
    ])
    expect(await keys()).toHaveLength(1)
    expect(await announced()).toEqual([])
  })

  it('accepts exactly the maximum, and stops reading beyond it', async () => {
    expect(await store({ body: pieces(Buffer.alloc(LARGEST)) })).toMatchObject({ ok: true })
    await useJob()
    let read = 0
    async function* endless() {
      for (; read < 100; read++) yield Buffer.alloc(50_000)
    }
    expect(await store({ body: endless() })).toEqual(refused('artifact_too_large'))
    expect(read).toBeLessThan(6)
    await expectNothing()
  })

  it('accepts an empty file where any other one is too large', async () => {
    const nothing: Services = { ...services, policy: { ...services.policy, maxArtifactBytes: 0 } }
    expect(await store({ body: pieces('x') }, nothing)).toEqual(refused('artifact_too_large'))
    expect(await store({ body: pieces() }, nothing)).toMatchObject({ ok: true })
  })

  it('authorizes again after the body, because the job may be over by then', async () => {
    async function* slow() {
      yield Buffer.from('hello')
      await finish(job)
    }
    expect(await store({ body: slow() })).toMatchObject(refused('job_not_executing'))
    await expectNothing()
  })

  it('fails with its body and leaves nothing behind', async () => {
    async function* cut() {
      yield Buffer.alloc(100_000)
      throw new Error('the form is cut short')
    }
    await expect(store({ body: cut() })).rejects.toThrow('the form is cut short')
    const gone = new AbortController()
    async function* hangs() {
      yield Buffer.alloc(100_000)
      gone.abort(new Error('hung up'))
      await new Promise(() => {})
    }
    await expect(store({ body: hangs(), signal: gone.signal })).rejects.toThrow('hung up')
    await expectNothing()
  })

  it('reports a failure of the object store, and leaves nothing behind', async () => {
    expect(await store({}, withObjects({ put: broken }))).toMatchObject({
      error: { kind: 'storage_failed', reason: expect.not.stringContaining('disk') },
    })
    const withZip = { body: pieces(zip('a', 'b')) }
    expect(await store(withZip, withObjects({ get: broken }))).toMatchObject(refused('storage_failed'))
    const onlyListings: ObjectStore['put'] = (key, ...args) =>
      key.endsWith('.gz') ? broken() : services.objects.put(key, ...args)
    expect(await store({ body: pieces(zip('a', 'b')) }, withObjects({ put: onlyListings }))).toMatchObject(
      refused('storage_failed'),
    )
    await expectNothing()
  })

  it('leaves a stray for the sweep when it cannot clean up', async () => {
    await store({}, withObjects({ delete: broken })).then(() =>
      store({ body: pieces('other') }, withObjects({ delete: broken })),
    )
    expect(await keys()).toHaveLength(2)
    expect(await announced()).toHaveLength(1)
    await expireArtifacts(later(7 * 3_600_000))
    expect(await keys()).toEqual([(await stored())?.key])
    expect(await announced()).toEqual([])
  })

  it('keeps the objects of a row that may or may not have been stored', async () => {
    const unsure: Services = {
      ...services,
      artifacts: {
        ...services.artifacts,
        async store(artifact) {
          await services.artifacts.store(artifact)
          throw new Error('connection lost')
        },
      },
    }
    await expect(store({}, unsure)).rejects.toThrow('connection lost')
    expect(await keys()).toEqual([(await stored())?.key])
  })

  it('refuses an upload that took so long that its objects may be swept', async () => {
    let now = Date.now()
    async function* slow() {
      yield Buffer.from('hello')
      now += 6 * 3_600_000
    }
    const ticking: Services = { ...services, clock: steadyClock(() => new Date(now)) }
    expect(await store({ body: slow() }, ticking)).toMatchObject(refused('storage_failed'))
    await expectNothing()
  })

  it.each<[string | undefined, number | null]>([
    [undefined, 30 * 86_400],
    ['', null],
    ['never', null],
    ['0', null],
    ['1 week', 604_800],
    ['1.5 hours', 5_400],
  ])('with expire_in %j expires after %j seconds, and the job with it', async (expireIn, seconds) => {
    const now = new Date()
    const still: Services = { ...services, clock: steadyClock(() => now) }
    expect(await store({ expireIn }, still)).toMatchObject({ ok: true })
    const expected = seconds === null ? null : new Date(now.getTime() + seconds * 1000)
    expect((await stored())?.expireAt).toEqual(expected)
    expect((await services.jobs.find(job.id))?.artifactsExpireAt).toEqual(expected)
  })

  it('refuses an expiry it does not understand', async () => {
    expect(await store({ expireIn: 'next spring' })).toEqual(invalid('expire_in'))
    await expectNothing()
  })

  it('has the accessibility of the upload, else of the job', async () => {
    await useJob({ artifacts: { paths: ['a'], public: false } })
    await store()
    await store({ type: 'sast', format: 'raw', accessibility: 'none' })
    expect((await stored())?.accessibility).toBe('private')
    expect((await stored('sast'))?.accessibility).toBe('none')
  })

  it('refuses a format that does not fit the type', async () => {
    for (const wrong of [
      { type: 'junit' },
      { type: 'metadata', format: 'gzip' as const },
      { format: 'raw' as const },
    ]) {
      expect(await store(wrong)).toEqual(invalid('Validation failed: Invalid file format with specified file type'))
    }
    await expectNothing()
  })
})
