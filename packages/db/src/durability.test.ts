import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { durabilityConcerns, openDatabase } from './index.ts'
import { makeEmptyDirectory } from './testing/empty-directory.ts'
import { useTestDatabase } from './testing/set-up.ts'

const test = useTestDatabase()

describe('a warning about durability', () => {
  // Servers for tests may run without flushes; so does an embedded database in memory.
  it('is given for each setting that is switched off, as the connection sees it', async () => {
    await test.db.transaction(async (tx) => {
      await tx.query('set local synchronous_commit = off')
      expect(await durabilityConcerns(tx)).toContain(
        'The database server has synchronous_commit = off: a crash of the server may lose data that runners were told is stored',
      )
      await tx.query('set local synchronous_commit = on')
      expect((await durabilityConcerns(tx)).join()).not.toContain('synchronous_commit')
    })
    const [row] = await test.db.query<{ fsync: string }>("select current_setting('fsync') as fsync")
    expect((await durabilityConcerns(test.db)).some((concern) => concern.includes('fsync = off'))).toBe(
      row?.fsync === 'off',
    )
  })

  // An embedded database is the same whatever else there is.
  it.skipIf(process.env.TEST_DATABASE_URL)('is not given for an embedded database with a directory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-'))
    try {
      const dir = join(folder, 'database')
      await makeEmptyDirectory(dir)
      await using db = await openDatabase({ kind: 'pglite', dir })
      expect(await durabilityConcerns(db)).toEqual([])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
