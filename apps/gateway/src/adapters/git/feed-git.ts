import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GitProcess } from './run-git.ts'

/**
 * Passes what a client sends on to git, no faster than git takes it. Git may end before it has heard all.
 *
 * @throws the failure of the client's side; git has been ended then.
 */
export async function feedGit(git: Pick<GitProcess, 'stdin' | 'end'>, body: AsyncIterable<Uint8Array>): Promise<void> {
  const failures: unknown[] = []
  async function* passing(): AsyncGenerator<Uint8Array> {
    const chunks = body[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await chunks.next().catch((error: unknown) => {
          failures.push(error)
          git.end('aborted')
          return null
        })
        if (next === null || next.done) return
        yield next.value
      }
    } finally {
      await chunks.return?.()
    }
  }
  await pipeline(Readable.from(passing()), git.stdin).catch(() => undefined)
  for (const failure of failures) throw failure
}
