import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawsOf, RecordedDisk } from '@yardmaster/db/power-cut'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { DataDirError } from './data-dir.ts'
import { readSecrets } from './secrets.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yardmaster-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const read = (given: Record<string, string> = {}, at = dir) => readSecrets(readConfig({ DATA_DIR: at, ...given }))

const FILES = [
  ['admin-token', 'ADMIN_TOKEN'],
  ['registration-token', 'REGISTRATION_TOKEN'],
  ['encryption-key', 'ENCRYPTION_KEY'],
] as const

describe('the secrets in the data directory', () => {
  it('are created once, readable by their owner only, and read again later', async () => {
    const made = await read()
    expect(await read()).toEqual(made)
    for (const [name] of FILES) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600)
  })

  it('are overridden by given ones, which are not stored', async () => {
    const given = 'given-by-the-operator'
    expect((await read({ ADMIN_TOKEN: given })).adminToken).toBe(given)
    await expect(stat(join(dir, 'admin-token'))).rejects.toThrow()
  })

  it('are closed to other users if they were open', async () => {
    await writeFile(join(dir, 'admin-token'), 'given-by-the-operator\n', { mode: 0o644 })
    expect((await read()).adminToken).toBe('given-by-the-operator')
    expect((await stat(join(dir, 'admin-token'))).mode & 0o777).toBe(0o600)
  })

  it.each(FILES)('are refused when cut off at any point, and never replaced: %s', async (name, variable) => {
    await read()
    const file = join(dir, name)
    const whole = await readFile(file, 'utf8')
    // The key has a fixed length, so it is complete without its line break. That break proves it was written whole.
    for (let length = 0; length < whole.length; length++) {
      await writeFile(file, whole.slice(0, length))
      await expect(read(), `${length} characters`).rejects.toThrow(DataDirError)
      await expect(read()).rejects.toThrow(`It is not replaced`)
      await expect(read()).rejects.toThrow(variable)
      expect(await readFile(file, 'utf8')).toBe(whole.slice(0, length))
    }
    await writeFile(file, '\0'.repeat(whole.length))
    await expect(read()).rejects.toThrow(`${file} is damaged`)
  })

  it('do not include a new encryption key beside a database that was created with another one', async () => {
    const { encryptionKey } = await read()
    await mkdir(join(dir, 'database'))
    // An empty directory is not a database yet.
    await rm(join(dir, 'encryption-key'))
    const second = await read()
    expect(second.encryptionKey).not.toBe(encryptionKey)
    await writeFile(join(dir, 'database', 'PG_VERSION'), '18\n')
    await rm(join(dir, 'encryption-key'))
    await expect(read()).rejects.toThrow(
      `${join(dir, 'encryption-key')} is missing, and ${join(dir, 'database')} can't be read without it: restore it from a backup, or give it in ENCRYPTION_KEY`,
    )
    await expect(stat(join(dir, 'encryption-key'))).rejects.toThrow()
    expect((await read({ ENCRYPTION_KEY: second.encryptionKey })).encryptionKey).toBe(second.encryptionKey)
  })

  it('are whole or absent after a power cut at any moment, and present once they were returned', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const at = join(dir, String(seed))
      await mkdir(at)
      using disk = new RecordedDisk(at)
      const made = await read({}, at)
      const image = join(dir, 'image')
      const cuts = Array.from({ length: disk.length + 1 }, (_, cut) => cut)
      for await (const cut of disk.cuts(cuts, drawsOf(seed), image)) {
        const again = await read({}, image)
        if (cut === disk.length) expect(again).toEqual(made)
      }
    }
  })
})
