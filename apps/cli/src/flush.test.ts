import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { flush } from './flush.ts'

/** Writes until the system takes no more, and says how much that was. */
const PROGRAM = `
  import { flush } from ${JSON.stringify(new URL('flush.ts', import.meta.url).href)}
  let bytes = 0
  while (process.stdout.writableLength === 0) {
    bytes += 9_001
    process.stdout.write(Buffer.alloc(9_001, 'x'))
  }
  process.stderr.write(String(bytes))
  await flush([process.stdout, process.stderr], new AbortController().signal)
  process.exit(0)
`

it('loses nothing to a reader that is slow', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const [said] = (await once(child.stderr, 'data')) as [Buffer]
  let bytes = 0
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length
  })
  await closed
  expect(bytes).toBe(Number(said))
})

it('ends when it is interrupted', async () => {
  const stuck = new PassThrough({ highWaterMark: 1 })
  stuck.write('xx')
  const stop = new AbortController()
  const flushed = flush([stuck], stop.signal)
  stop.abort()
  await flushed
})
