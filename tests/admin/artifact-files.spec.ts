import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { ARCHIVE, download, ENTRIES, upload } from '../support/archive-of-files.ts'
import { expect, test } from '../support/fixtures.ts'
import { send } from '../support/http.ts'
import { type ZipEntry, zipOf } from '../support/zip.ts'

/** Sends a path that URL libraries would normalise. */
async function rawStatus(url: string, path: string, token: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  // Not half-closed: the server would take that for a client that has hung up.
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return Number(answer.slice(9, 12))
}

test.describe('/download/jobs/:id/files/*path', () => {
  for (const { name, bytes = '' } of ENTRIES.filter((entry) => !String(entry.name).endsWith('/'))) {
    test(`one file from the archive: ${name}`, async ({ takenJob, admin }) => {
      await upload(takenJob, ARCHIVE)
      const reply = await download(
        admin,
        takenJob.id,
        `files/${String(name).split('/').map(encodeURIComponent).join('/')}`,
      )
      expect(reply.status, reply.text).toBe(200)
      expect(reply.body).toEqual(Buffer.from(bytes as string))
      expect(reply.headers.get('Content-Length')).toBe(String(Buffer.byteLength(bytes as string)))
      expect(reply.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(reply.headers.get('Content-Security-Policy')).toContain('sandbox')
      expect(reply.headers.get('Accept-Ranges')).toBeNull()
    })
  }

  test('names each file for the browser: type, name, quotes and non-ASCII characters', async ({ takenJob, admin }) => {
    await upload(takenJob, ARCHIVE)
    const named = async (path: string) => {
      const { headers } = await download(admin, takenJob.id, `files/${path}`)
      return [headers.get('Content-Type'), headers.get('Content-Disposition')]
    }
    expect(await named('b/deep/er/page.html')).toEqual([
      'text/html; charset=utf-8',
      `attachment; filename="page.html"; filename*=UTF-8''page.html`,
    ])
    expect(await named(encodeURIComponent('Grüße "an" alle 🚂.txt'))).toEqual([
      'text/plain; charset=utf-8',
      `attachment; filename="Gr__e \\"an\\" alle _.txt"; ` +
        `filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22an%22%20alle%20%F0%9F%9A%82.txt`,
    ])
    expect((await named('noext'))[0]).toBe('application/octet-stream')
  })

  test('a range is ignored, and HEAD has no body', async ({ takenJob, admin }) => {
    await upload(takenJob, ARCHIVE)
    const ranged = await download(admin, takenJob.id, 'files/README.md', { Range: 'bytes=0-1' })
    expect([ranged.status, ranged.text]).toEqual([200, '# Hello\n'])
    const head = await download(admin, takenJob.id, 'files/README.md', {}, 'HEAD')
    expect([head.status, head.text, head.headers.get('Content-Length')]).toEqual([200, '', '8'])
  })

  test('directories, other spellings and paths that lead elsewhere are 404', async ({ takenJob, admin }) => {
    const hostile = ['../outside.txt', '/etc/passwd', 'a/../../up.txt', './dot.txt', 'a//b.txt', 'c:\\windows.txt']
    await upload(takenJob, zipOf([...ENTRIES, ...hostile.map((name) => ({ name, bytes: 'secret' }))]))
    for (const path of ['b', 'b/', 'readme.md', 'README.md/', 'b/nothing', 'b%2Fdeep', ...hostile.slice(0, 5)]) {
      const escaped = path.replaceAll('..', '%2E%2E').replaceAll('/.', '/%2E')
      for (const spelled of [escaped, encodeURIComponent(path)]) {
        const reply = await download(admin, takenJob.id, `files/${spelled}`)
        expect([path, spelled, reply.status]).toEqual([path, spelled, 404])
      }
    }
    for (const path of ['%00', 'README.md%00.txt', '%2e%2e%2f%2e%2e%2fadmin-token', '..%5c..%5cadmin-token']) {
      expect((await download(admin, takenJob.id, `files/${path}`)).status).toBe(404)
    }
    expect((await download(admin, takenJob.id, 'files/%E0%A4%A')).status).toBe(400)
  })

  test('dots in a raw request line lead nowhere', async ({ takenJob, gateway }) => {
    await upload(takenJob, ARCHIVE)
    for (const path of ['files/../../../../etc/passwd', 'files/b/../README.md', 'files//README.md']) {
      const status = await rawStatus(gateway.url, `/download/jobs/${takenJob.id}/${path}`, gateway.adminToken)
      expect([path, status]).toEqual([path, 404])
    }
  })

  const DAMAGED: readonly (readonly [string, Partial<ZipEntry>, RegExp])[] = [
    ['another checksum', { claims: { crc: 1 } }, /checksum/],
    ['more bytes than it has', { claims: { size: 900_001 } }, /ends after 900000 of 900001 bytes/],
    ['fewer bytes than it has', { claims: { size: 10 } }, /longer than the 10 bytes/],
    ['fewer packed bytes than it has', { bytes: randomBytes(900_000), claims: { zipped: 1_000 } }, /can’t be unpacked/],
    ['an impossible size', { claims: { size: 4_000_000_000 } }, /more bytes than it can hold/],
  ]
  const encrypted = (zip: Buffer): Buffer => {
    const at = zip.indexOf('PK\x01\x02')
    zip.writeUInt16LE(zip.readUInt16LE(at + 8) | 1, at + 8)
    return zip
  }
  const unknownMethod = (zip: Buffer): Buffer => {
    zip.writeUInt16LE(93, zip.indexOf('PK\x01\x02') + 10)
    return zip
  }

  for (const [what, given, sentence] of DAMAGED) {
    test(`a small file that announces ${what} is refused with a sentence, and logged`, async ({
      takenJob,
      admin,
      gateway,
    }) => {
      const name = `broken-${takenJob.id}.bin`
      await upload(takenJob, zipOf([{ name, bytes: Buffer.alloc(900_000, 'broken '), ...given }]))
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, body } = await download(admin, takenJob.id, `files/${name}`, {}, method)
        expect([status, headers.get('Content-Disposition')]).toEqual([400, null])
        if (method === 'GET') expect(JSON.parse(body.toString()).message).toMatch(sentence)
      }
      await expect.poll(() => gateway.output).toContain(name)
    })
  }

  test('an encrypted file, and one packed in an unknown way, is refused with a sentence', async ({
    admin,
    runner,
    createJob,
  }) => {
    for (const [damage, message] of [
      [encrypted, 'The file is encrypted.'],
      [unknownMethod, 'The file is compressed by an unknown method.'],
    ] as const) {
      await createJob()
      const job = await runner.take()
      await upload(job, damage(zipOf([{ name: 'a', bytes: 'a' }])))
      const refused = await download(admin, job.id, 'files/a')
      expect(refused.status).toBe(400)
      expect(refused.json()).toMatchObject({ message, refusal: { kind: 'artifact_invalid' } })
    }
  })

  test('a large file that turns out to be damaged in the middle never looks complete', async ({ takenJob, admin }) => {
    const bytes = Buffer.alloc(4_000_000, 'broken ')
    await upload(takenJob, zipOf([{ name: 'broken.bin', bytes, claims: { crc: 1 } }]))
    const outcome = await download(admin, takenJob.id, 'files/broken.bin').then(
      ({ status }) => status,
      () => 'broken off',
    )
    expect(outcome).toBe('broken off')
  })

  test('an archive that is not a zip is downloaded, not browsed', async ({ takenJob, admin }) => {
    await upload(takenJob, 'not a zip')
    expect((await download(admin, takenJob.id, 'artifacts/archive')).text).toBe('not a zip')
    expect((await download(admin, takenJob.id, 'files/a.txt')).status).toBe(404)
    const [shown] = await admin.query('artifacts.list', { jobId: takenJob.id })
    expect(shown?.browsable).toBe(false)
  })

  test('are for administrators only', async ({ takenJob, gateway }) => {
    await upload(takenJob, ARCHIVE)
    for (const path of ['artifacts/archive', 'files/README.md']) {
      const url = `${gateway.url}/download/jobs/${takenJob.id}/${path}`
      expect((await send('GET', url)).status).toBe(401)
      expect((await send('GET', url, { headers: { Authorization: `Bearer ${takenJob.token}` } })).status).toBe(401)
      expect((await send('GET', url, { headers: { 'JOB-TOKEN': takenJob.token } })).status).toBe(401)
    }
  })
})
