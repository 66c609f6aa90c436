import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataDirError, lockDataDir } from './data-dir.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yardmaster-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

describe('the data directory', () => {
  it('can be locked once, and again after its release', async () => {
    const first = await lockDataDir(dir)
    await expect(lockDataDir(dir)).rejects.toThrow(DataDirError)
    await expect(lockDataDir(dir)).rejects.toThrow(/in use by another Yardmaster/)
    await first[Symbol.asyncDispose]()
    await using _second = await lockDataDir(dir)
  })

  it('is free when the holder of the lock is gone', async () => {
    await writeFile(join(dir, 'lock'), 'left by a process that was killed')
    await using _lock = await lockDataDir(dir)
  })

  it('goes to exactly one of several processes that ask at once', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataDir(dir)))
    const held = attempts.filter((one) => one.status === 'fulfilled')
    expect(held).toHaveLength(1)
    await Promise.all(held.map(({ value }) => value[Symbol.asyncDispose]()))
  })

  it('is created when it is missing, for its owner only', async () => {
    const inner = join(dir, 'a', 'b')
    await using _lock = await lockDataDir(inner)
    expect((await stat(inner)).mode & 0o777).toBe(0o700)
  })

  it('is closed to other users when it exists and is open to them', async () => {
    const inner = join(dir, 'data')
    await mkdir(inner)
    await chmod(inner, 0o755)
    await using lock = await lockDataDir(inner)
    expect((await stat(inner)).mode & 0o7777).toBe(0o700)
    expect(lock.concerns).toEqual([])
  })

  it('is left as it is when it is shared by all users, with a warning', async () => {
    await chmod(dir, 0o1777)
    await using lock = await lockDataDir(dir)
    expect((await stat(dir)).mode & 0o7777).toBe(0o1777)
    expect(lock.concerns).toEqual([
      `DATA_DIR ${dir} is open to other users (mode 1777) and shared: choose one for Yardmaster alone`,
    ])
  })

  it.each(['data', 'data/below'])('is refused with a clear error when a file is in its place: %s', async (inside) => {
    await writeFile(join(dir, 'data'), 'a file')
    await expect(lockDataDir(join(dir, inside))).rejects.toThrow(
      new DataDirError(`DATA_DIR ${join(dir, inside)}: there is a file where a directory is needed`),
    )
  })

  it('may have a long path', async () => {
    const long = join(dir, 'x'.repeat(120))
    await using _lock = await lockDataDir(long)
    await expect(lockDataDir(long)).rejects.toThrow(DataDirError)
  })

  it('does not count as free while its holder is busy', async () => {
    // A holder that answers late still holds the lock.
    const busy = createServer(() => undefined)
    await new Promise<void>((resolve) => busy.listen(join(dir, 'lock'), resolve))
    await expect(lockDataDir(dir)).rejects.toThrow(DataDirError)
    busy.close()
  })
})
