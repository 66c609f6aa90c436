import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { download, safeName, save } from './download.ts'

const BYTES = Buffer.alloc(300_000, 'some bytes ')
const sha256 = createHash('sha256').update(BYTES).digest('hex')
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function connect(answer: RequestListener, timeoutMs = 60_000) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, token: 't', timeoutMs, signal: new AbortController().signal }
}

/** Sends at most `most` bytes of what is asked for, then breaks off. */
const breaking =
  (most: number): RequestListener =>
  (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const rest = BYTES.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': rest.length })
    if (rest.length <= most) response.end(rest)
    else response.write(rest.subarray(0, most), () => response.destroy())
  }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'yardmaster-download-'))
  closing.push(() => rmSync(path, { recursive: true }))
  return path
}

describe('a download', () => {
  it('goes on where its connection broke', async () => {
    const to = { folder: folder(), name: 'x', sha256, replace: false }
    const path = await save(download(await connect(breaking(70_000)), '/download/x'), to)
    expect(readFileSync(path).equals(BYTES)).toBe(true)
    expect(readdirSync(to.folder)).toEqual(['x'])
  })

  it('leaves nothing behind when it fails or is damaged', async () => {
    const to = { folder: folder(), name: 'x', sha256, replace: false }
    const damaged = await connect((_, response) => response.end('other bytes'))
    await expect(save(download(damaged, '/download/x'), to)).rejects.toThrow('arrived damaged')
    const refused = await connect((_, response) =>
      response.writeHead(410, { 'Content-Type': 'application/json' }).end('{"message":"erased"}'),
    )
    await expect(save(download(refused, '/download/x'), to)).rejects.toThrow('410: erased')
    const silent = await connect((_, response) => response.writeHead(200, { 'Content-Length': 9 }).write('x'), 30)
    await expect(save(download(silent, '/download/x'), to)).rejects.toMatchObject({ status: 2 })
    expect(readdirSync(to.folder)).toEqual([])
  })

  it('has a name that leads nowhere', () => {
    expect(['../../x', 'a\\b', '..', '', 'a\u001bb', 'C:x'].map((name) => safeName(name, 'archive'))).toEqual([
      ...['x', 'b', 'archive', 'archive', 'a_b', 'C_x'],
    ])
  })
})
