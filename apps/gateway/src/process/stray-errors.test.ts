import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeEmptyDirectory, TEST_KEY } from '@yardmaster/db/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** The bundle of the sources, when `npm test` has made one. */
const MAIN = process.env.TEST_GATEWAY_PROGRAM ?? join(import.meta.dirname, '../main.ts')
/** Throws an uncaught error in the context of a request, like a bug in a listener. */
const BUG = `
import { subscribe } from 'node:diagnostics_channel'
subscribe('http.server.response.finish', ({ request }) => {
  if (request.url.includes('throw')) setImmediate(() => { throw new Error('a listener threw') })
  if (request.url.includes('reject')) Promise.reject(new Error('a promise was rejected'))
})`

let folder: string
let gateway: ChildProcess
let output = ''
let url: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-stray-'))
  await makeEmptyDirectory(join(folder, 'database'))
  output = ''
  gateway = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(BUG)}`, MAIN], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'info' },
      // A database is never opened with a new key.
      ENCRYPTION_KEY: TEST_KEY.toString('base64'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [gateway.stdout, gateway.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  await expect.poll(() => output).toContain('Register a runner')
  url = /Yardmaster is at (http:\S+)/.exec(output)?.[1] ?? ''
})

afterEach(async () => {
  if (gateway.exitCode === null && gateway.signalCode === null) {
    gateway.kill('SIGKILL')
    await once(gateway, 'exit')
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test.each([
  ['throw', 'a listener threw'],
  ['reject', 'a promise was rejected'],
])(
  'an uncaught error (%s) is logged with its request, requests under way finish, and the process exits with 1',
  async (what, message) => {
    const exited = once(gateway, 'exit')
    const token = (await readFile(join(folder, 'admin-token'), 'utf8')).trim()
    // A request whose body is still to come.
    const body = JSON.stringify({ name: 'late', definition: { script: ['true'] } })
    const slow = connect(Number(new URL(url).port), '127.0.0.1')
    let answer = ''
    slow.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    slow.write(
      `POST /trpc/jobs.create HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    )
    // The server has received it before the error happens.
    await fetch(`${url}/healthz`)
    await fetch(`${url}/download/${what}`, { headers: { 'X-Request-Id': `stray-${what}` } })
    await expect.poll(() => output).toContain(message)
    slow.write(body.slice(10))

    const [code] = await exited
    expect(code).toBe(1)
    expect(answer).toContain('HTTP/1.1 200 OK')
    const line = output.split('\n').find((one) => one.includes(message)) ?? ''
    expect(JSON.parse(line)).toMatchObject({ level: 'fatal', requestId: `stray-${what}`, err: { message } })
    slow.destroy()
  },
  90_000,
)
