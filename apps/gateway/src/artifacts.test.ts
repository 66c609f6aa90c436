import { createHash } from 'node:crypto'
import { crc32, gzipSync } from 'node:zlib'
import {
  type ArtifactUpload,
  admitUpload,
  authorizeDownload,
  browseArchive,
  expireArtifacts,
  findArtifact,
  keepArtifacts,
  type ObjectStore,
  openArchivedFile,
  openArtifact,
  type Ports,
  steadyClock,
  storeArtifact,
  type UploadChoice,
} from '@yardmaster/domain'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './testing.ts'

const LARGEST = 200_000

let gateway: TestGateway
let ports: Ports
let runner: { id: number; token: string }
let job: { id: number; token: string }

beforeAll(async () => {
  gateway = await startTestGateway({ policy: { maxArtifactBytes: LARGEST } })
  ports = gateway.ports
  runner = await gateway.register()
})
afterAll(() => gateway?.[Symbol.asyncDispose]())
beforeEach(async () => {
  job = await takeJob()
})

async function takeJob(definition: object = {}, projectId?: number): Promise<{ id: number; token: string }> {
  await gateway.admin('mutation', 'jobs.create', {
    projectId,
    name: 'a',
    definition: { script: ['true'], ...definition },
  })
  const { status, body } = await gateway.post('/jobs/request', { token: runner.token })
  expect(status).toBe(201)
  return body as { id: number; token: string }
}

const finish = ({ id, token }: { id: number; token: string }) =>
  gateway.call('PUT', `/api/v4/jobs/${id}`, { json: { token, state: 'success' } })

async function* pieces(...parts: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part)
}

type Given = Partial<Omit<ArtifactUpload, 'choice'> & UploadChoice>

const upload = ({
  type = 'archive',
  format = 'zip',
  expireIn,
  accessibility,
  ...given
}: Given = {}): ArtifactUpload => ({
  ...job,
  filename: 'artifacts.zip',
  choice: () => ({ type, format, expireIn, accessibility }),
  body: pieces('hello, ', 'archive'),
  signal: new AbortController().signal,
  ...given,
})

const store = (given: Given = {}, to: Ports = ports) => storeArtifact(to, upload(given))
const stored = (type = 'archive', id = job.id) => ports.artifacts.find(id, type)
const report = (type: string, text: string): Given => ({
  type,
  format: 'gzip',
  body: pieces(gzipSync(text)),
})
const refused = (kind: string) => ({ ok: false, error: { kind } })
const invalid = (reason: string | RegExp) => ({
  ok: false,
  error: { kind: 'artifact_invalid', reason: expect.stringMatching(reason) },
})

const keys = async (prefix = `artifacts/${job.id}/`) =>
  (await Array.fromAsync(ports.objects.list(prefix))).map(({ key }) => key).sort()
const later = (ms: number): Ports => ({ ...ports, clock: steadyClock(() => new Date(Date.now() + ms)) })
const announced = async () => {
  const strays = await ports.artifacts.strays(new Date(Date.now() + 10 * 86_400_000), 10_000)
  return strays.filter((key) => key.startsWith(`artifacts/${job.id}/`))
}
const expectNothing = async () => {
  expect(await ports.artifacts.list(job.id)).toEqual([])
  expect(await keys()).toEqual([])
  expect(await announced()).toEqual([])
}

/** The real object store, but for what is given. */
const withObjects = (given: Partial<ObjectStore>): Ports => {
  const { objects } = ports
  return {
    ...ports,
    objects: {
      put: (...args) => objects.put(...args),
      get: (...args) => objects.get(...args),
      delete: (...args) => objects.delete(...args),
      list: (...args) => objects.list(...args),
      link: (...args) => objects.link(...args),
      probe: () => objects.probe(),
      ...given,
    },
  }
}
const broken = async (): Promise<never> => {
  throw new Error('the disk is full')
}

/** A zip with one stored file. */
function zip(path: string, content: string): Buffer {
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0)
  common.writeUInt32LE(crc32(content), 10)
  for (const at of [14, 18]) common.writeUInt32LE(content.length, at)
  common.writeUInt16LE(path.length, 22)
  const file = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(path + content)])
  const record = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, Buffer.alloc(14), Buffer.from(path)])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  for (const at of [8, 10]) end.writeUInt16LE(1, at)
  end.writeUInt32LE(record.length, 12)
  end.writeUInt32LE(file.length, 16)
  return Buffer.concat([file, record, end])
}

describe('admitting an upload', () => {
  it('lets in the runner of an executing job, and counts as no contact', async () => {
    const { db } = gateway.database
    const days = 'extract(day from now() - contacted_at)::int as days'
    await ports.contacts.flush()
    await db.query("update runners set contacted_at = now() - interval '2 days' where id = $1", [runner.id])
    expect(await admitUpload(ports, { ...job, type: 'archive', fileSize: LARGEST })).toMatchObject({
      ok: true,
      value: { id: job.id },
    })
    await ports.contacts.flush()
    expect(await db.query(`select ${days} from runners where id = $1`, [runner.id])).toEqual([{ days: 2 }])
  })

  it('says no in the order of the protocol', async () => {
    const off: Ports = { ...ports, policy: { ...ports.policy, artifactsEnabled: false } }
    expect(await admitUpload(off, { ...job, token: 'x', type: 'archive' })).toEqual(refused('artifacts_disabled'))
    const tooLarge = { type: 'archive', fileSize: LARGEST + 1 }
    expect(await admitUpload(ports, { ...job, token: 'x', ...tooLarge })).toEqual(refused('job_refused'))
    expect(await admitUpload(ports, { ...job, token: undefined, ...tooLarge })).toEqual(refused('job_refused'))
    expect(await admitUpload(ports, { ...job, ...tooLarge })).toEqual(refused('artifact_too_large'))
    await finish(job)
    expect(await admitUpload(ports, { ...job, ...tooLarge })).toMatchObject(refused('job_not_executing'))
  })
})

describe('storing an artifact', () => {
  it('keeps its bytes, with their digest, under a key that owes nothing to its name', async () => {
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
    const opened = await openArtifact(ports, job.id, 'archive', { start: 7, end: 10 })
    expect(opened.ok && Buffer.concat(await Array.fromAsync(opened.value.body)).toString()).toBe('arc')
    expect(await announced()).toEqual([])
  })

  it('changes nothing for the same bytes again, and refuses others', async () => {
    await store()
    const before = await stored()
    expect(await store({ filename: 'b.zip', expireIn: '1 day' })).toEqual({ ok: true, value: 'present' })
    expect(await store({ body: pieces('other') })).toEqual(invalid('another artifact of the same type already exists'))
    expect(await stored()).toEqual(before)
    expect(await keys()).toEqual([before?.key])
    expect(await announced()).toEqual([])
  })

  it('stores one of many that come at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => store()))
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.kind)).sort()).toEqual([
      ...Array(5).fill('present'),
      'stored',
    ])
    expect(await keys()).toHaveLength(1)
    expect(await announced()).toEqual([])
  })

  it('takes exactly the maximum and not a byte more, of which it reads no further', async () => {
    expect(await store({ body: pieces(Buffer.alloc(LARGEST)) })).toMatchObject({ ok: true })
    job = await takeJob()
    let read = 0
    async function* endless() {
      for (; read < 100; read++) yield Buffer.alloc(50_000)
    }
    expect(await store({ body: endless() })).toEqual(refused('artifact_too_large'))
    expect(read).toBeLessThan(6)
    await expectNothing()
  })

  it('takes an empty file where anything else is too large', async () => {
    const nothing: Ports = { ...ports, policy: { ...ports.policy, maxArtifactBytes: 0 } }
    expect(await store({ body: pieces('x') }, nothing)).toEqual(refused('artifact_too_large'))
    expect(await store({ body: pieces() }, nothing)).toMatchObject({ ok: true })
  })

  it('asks again when the body is there: the job may be over by then', async () => {
    async function* slow() {
      yield Buffer.from('hello')
      await finish(job)
    }
    expect(await store({ body: slow() })).toMatchObject(refused('job_not_executing'))
    await expectNothing()
  })

  it('fails with its body and leaves nothing', async () => {
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

  it('says so when the object store fails, and leaves nothing', async () => {
    expect(await store({}, withObjects({ put: broken }))).toMatchObject({
      error: { kind: 'storage_failed', reason: expect.not.stringContaining('disk') },
    })
    const withZip = { body: pieces(zip('a', 'b')) }
    expect(await store(withZip, withObjects({ get: broken }))).toMatchObject(refused('storage_failed'))
    const onlyListings: ObjectStore['put'] = (key, ...args) =>
      key.endsWith('.gz') ? broken() : ports.objects.put(key, ...args)
    expect(await store({ body: pieces(zip('a', 'b')) }, withObjects({ put: onlyListings }))).toMatchObject(
      refused('storage_failed'),
    )
    await expectNothing()
  })

  it('leaves a stray for the sweep when it can not clean up', async () => {
    await store({}, withObjects({ delete: broken })).then(() =>
      store({ body: pieces('other') }, withObjects({ delete: broken })),
    )
    expect(await keys()).toHaveLength(2)
    expect(await announced()).toHaveLength(1)
    await expireArtifacts(later(7 * 3_600_000))
    expect(await keys()).toEqual([(await stored())?.key])
    expect(await announced()).toEqual([])
  })

  it('keeps the objects of a record of which nobody knows whether it was stored', async () => {
    const unsure: Ports = {
      ...ports,
      artifacts: {
        ...ports.artifacts,
        async store(artifact) {
          await ports.artifacts.store(artifact)
          throw new Error('connection lost')
        },
      },
    }
    await expect(store({}, unsure)).rejects.toThrow('connection lost')
    expect(await keys()).toEqual([(await stored())?.key])
  })

  it('gives up an upload that took so long that its objects may be swept', async () => {
    let now = Date.now()
    async function* slow() {
      yield Buffer.from('hello')
      now += 6 * 3_600_000
    }
    const ticking: Ports = { ...ports, clock: steadyClock(() => new Date(now)) }
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
    const still: Ports = { ...ports, clock: steadyClock(() => now) }
    expect(await store({ expireIn }, still)).toMatchObject({ ok: true })
    const expected = seconds === null ? null : new Date(now.getTime() + seconds * 1000)
    expect((await stored())?.expireAt).toEqual(expected)
    expect((await ports.jobs.find(job.id))?.artifactsExpireAt).toEqual(expected)
  })

  it('refuses an expiry it does not understand', async () => {
    expect(await store({ expireIn: 'next spring' })).toEqual(invalid('expire_in'))
    await expectNothing()
  })

  it('is as accessible as the upload says, else as the job says', async () => {
    job = await takeJob({ artifacts: { paths: ['a'], public: false } })
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

describe('reports', () => {
  it('give their variables with the record', async () => {
    expect(await store(report('dotenv', 'A=1\nB=2'))).toMatchObject({ ok: true })
    expect(await ports.artifacts.dotenv(job.id)).toEqual([
      { key: 'A', value: '1' },
      { key: 'B', value: '2' },
    ])
    expect(await store(report('dotenv', 'A=1\nB=2'))).toEqual({ ok: true, value: 'present' })
    expect(await store(report('dotenv', 'A=3'))).toEqual(invalid('taken'))
    expect(await store(report('dotenv', 'C=3'))).toEqual(invalid('another artifact'))
    expect(await keys()).toHaveLength(1)
  })

  it('leave nothing when they are wrong', async () => {
    expect(await store(report('dotenv', 'no variable'))).toEqual(invalid('Invalid Format'))
    expect(await store({ ...report('dotenv', ''), body: pieces(Buffer.alloc(5120)) })).toEqual(invalid('5120'))
    expect(await store(report('annotations', '[]'))).toEqual(invalid('JSON object'))
    expect(await ports.artifacts.dotenv(job.id)).toEqual([])
    await expectNothing()
  })

  it('of annotations are kept', async () => {
    expect(await store(report('annotations', '{"links":[1]}'))).toMatchObject({ ok: true })
    const [row] = await gateway.database.db.query('select annotations from job_reports where job_id = $1', [job.id])
    expect(row).toEqual({ annotations: { links: [1] } })
  })
})

describe('an archive', () => {
  const read = async (path: string) => {
    const file = await openArchivedFile(ports, job.id, path)
    if (!file.ok) return file.error.kind
    const { name, size, body } = file.value
    return { name, size, text: Buffer.concat(await Array.fromAsync(body)).toString() }
  }

  it('can be browsed, and its files read one by one', async () => {
    await store({ body: pieces(zip('dist/app/main.js', 'run()')) })
    expect(await stored()).toMatchObject({ browsable: true })
    expect(await keys()).toHaveLength(2)
    const browse = (path: string) => browseArchive(ports, job.id, { path, limit: 100 })
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

  it('gives out nothing under a name that climbs', async () => {
    await store({ body: pieces(zip('../../evil', 'x')) })
    expect(await browseArchive(ports, job.id, { path: '', limit: 10 })).toEqual({
      ok: true,
      value: { entries: [], next: null },
    })
    expect(await read('../../evil')).toBe('artifact_not_found')
  })

  it('is stored though it is no zip, and can not be browsed', async () => {
    await store()
    expect(await browseArchive(ports, job.id, { path: '', limit: 10 })).toEqual(refused('artifact_not_found'))
    expect(await read('a')).toBe('artifact_not_found')
    expect(await browseArchive(ports, 2_000_000_000, { path: '', limit: 10 })).toMatchObject(refused('job_not_found'))
  })

  it('is gone for people once it has expired', async () => {
    await store({ body: pieces(zip('a', 'b')), expireIn: '1 hour' })
    const after = later(3_600_001)
    expect(await findArtifact(after, job.id, 'archive')).toEqual(refused('artifact_not_found'))
    expect(await openArtifact(after, job.id, 'archive')).toEqual(refused('artifact_not_found'))
    expect(await browseArchive(after, job.id, { path: '', limit: 10 })).toEqual(refused('artifact_not_found'))
    expect(await openArchivedFile(after, job.id, 'a')).toEqual(refused('artifact_not_found'))
    expect((await findArtifact(ports, job.id, 'archive')).ok).toBe(true)
  })
})

describe('a download by a runner', () => {
  let other: { id: number; token: string }
  beforeEach(async () => {
    await store({ expireIn: '1 minute' })
    other = await takeJob()
  })

  it('is for every job that is being executed in the project, expired or not', async () => {
    expect(await authorizeDownload(later(3_600_000), { id: job.id, token: other.token })).toMatchObject({
      ok: true,
      value: { jobId: job.id, type: 'archive' },
    })
    expect(await authorizeDownload(ports, job)).toMatchObject({ ok: true })
    await finish(job)
    expect(await authorizeDownload(ports, { id: job.id, token: other.token })).toMatchObject({ ok: true })
    expect(await authorizeDownload(ports, job)).toEqual(refused('download_unauthorized'))
  })

  it('is for nobody else', async () => {
    for (const token of [null, undefined, '', 'x', runner.token]) {
      expect(await authorizeDownload(ports, { id: job.id, token })).toEqual(refused('download_unauthorized'))
    }
    await finish(other)
    for (const id of [job.id, 2_000_000_000]) {
      expect(await authorizeDownload(ports, { id, token: other.token })).toEqual(refused('download_unauthorized'))
    }
    const erased = await takeJob()
    await gateway.database.db.query('update jobs set erased_at = now() where id = $1', [erased.id])
    expect(await authorizeDownload(ports, { ...job, token: erased.token })).toEqual(refused('download_unauthorized'))
  })

  it('is refused for an unknown job, and finds nothing where there is nothing', async () => {
    expect(await authorizeDownload(ports, { ...other, id: 2_000_000_000 })).toEqual(refused('download_refused'))
    expect(await authorizeDownload(ports, other)).toEqual(refused('artifact_not_found'))
  })

  it('is for another project only if the owner lets it in', async () => {
    const [owner, asking] = await Promise.all(
      ['owner', 'asking'].map((path) => ports.projects.create({ path: `${path}-${job.id}` })),
    )
    if (!owner || !asking) throw new Error('no projects')
    job = await takeJob({}, owner.id)
    await store()
    other = await takeJob({}, asking.id)
    const download = { id: job.id, token: other.token }
    expect(await authorizeDownload(ports, download)).toEqual(refused('download_refused'))
    await ports.projects.update(asking.id, { jobTokenAllowlist: [owner.id] })
    expect(await authorizeDownload(ports, download)).toEqual(refused('download_refused'))
    await ports.projects.update(owner.id, { jobTokenAllowlist: [asking.id] })
    expect(await authorizeDownload(ports, download)).toMatchObject({ ok: true })
    await ports.projects.remove(owner.id)
    expect(await authorizeDownload(ports, download)).toEqual(refused('download_refused'))
  })
})

describe('expiry', () => {
  it('deletes records, then objects, whoever sweeps and however often', async () => {
    await store({ body: pieces(zip('a', 'b')), expireIn: '1 hour' })
    await store({ ...report('junit', '<a/>'), expireIn: '2 hours' })
    await expireArtifacts(ports)
    expect(await keys()).toHaveLength(3)
    const soon = later(3_700_000)
    await Promise.all([expireArtifacts(soon), expireArtifacts(soon), expireArtifacts(soon)])
    await expireArtifacts(soon)
    expect((await ports.artifacts.list(job.id)).map(({ type }) => type)).toEqual(['junit'])
    expect(await keys()).toHaveLength(1)
    expect(await announced()).toEqual([])
    expect(await authorizeDownload(ports, job)).toEqual(refused('artifact_not_found'))
  })

  it('goes on after a crash between any two steps, and past an object store that fails', async () => {
    await store({ expireIn: '1 hour' })
    const soon = later(3_700_000)
    const failing: Ports = { ...soon, objects: withObjects({ delete: broken }).objects }
    await expect(expireArtifacts(failing)).rejects.toThrow('the disk is full')
    expect(await stored()).toBeNull()
    expect(await keys()).toHaveLength(1)
    const forgetful: Ports = { ...later(5_000_000), artifacts: { ...ports.artifacts, forget: broken } }
    await expect(expireArtifacts(forgetful)).rejects.toThrow()
    expect(await keys()).toEqual([])
    await expireArtifacts(later(5_000_000))
    expect(await announced()).toEqual([])
  })

  it('goes through more than a batch in one run', async () => {
    const strays = Array.from({ length: 250 }, (_, index) => `artifacts/${job.id}/${index}`)
    for (const key of strays) await ports.objects.put(key, Buffer.from('x'))
    await ports.artifacts.announce(strays, new Date(Date.now() - 1000))
    expect((await expireArtifacts(ports)).objects).toBeGreaterThanOrEqual(250)
    await expectNothing()
  })

  it('passes by what is kept on request', async () => {
    await store({ expireIn: '1 hour' })
    expect(await keepArtifacts(ports, job.id)).toMatchObject({
      ok: true,
      value: { id: job.id, artifactsExpireAt: null },
    })
    await expireArtifacts(later(86_400_000))
    expect(await stored()).toMatchObject({ expireAt: null })
    expect(await keepArtifacts(ports, 2_000_000_000)).toEqual({
      ok: false,
      error: { kind: 'job_not_found', id: 2_000_000_000 },
    })
  })
})
