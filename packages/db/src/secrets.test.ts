import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openSecretBox, seed } from './index.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner } from './samples.ts'
import { useTestDatabase } from './set-up.ts'

describe('a secret box', () => {
  const box = openSecretBox(randomBytes(32))

  it('gives back what it sealed, and never seals alike twice', () => {
    for (const text of ['', 'plain', '🚂 ü', 'x'.repeat(100_000)]) expect(box.open(box.seal(text))).toBe(text)
    expect(box.seal('same')).not.toEqual(box.seal('same'))
  })

  it('refuses what another key sealed, and what was changed or cut', () => {
    const sealed = box.seal('secret')
    expect(() => openSecretBox(randomBytes(32)).open(sealed)).toThrow()
    for (const at of sealed.keys()) {
      const changed = Uint8Array.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => box.open(changed)).toThrow()
    }
    expect(() => box.open(sealed.subarray(0, 20))).toThrow()
    expect(() => box.open(new Uint8Array())).toThrow()
  })

  it('wants a key of 32 bytes', () => {
    expect(() => openSecretBox(randomBytes(16))).toThrow('32 bytes, this one has 16')
  })
})

describe('secrets at rest', () => {
  const test = useTestDatabase()

  it('make a process with another key refuse to start', async () => {
    await expect(seed(test.db, openSecretBox(randomBytes(32)))).rejects.toThrow(/^ENCRYPTION_KEY cannot read/)
    await expect(seed(test.db, test.secrets)).resolves.toBeUndefined()
  })

  it('appear in no table as they are', async () => {
    const { projects, runners, jobs, settings } = test.stores
    await settings.replaceRegistrationToken('hidden-instance-token')
    const project = await projects.create({
      path: 'top/secret',
      groupPath: 'top',
      repoUrl: 'https://user:hidden-password@git.example/x.git',
      variables: [{ key: 'A', value: 'hidden-project-variable' }],
    })
    const id = project?.id ?? 0
    await projects.replaceRegistrationToken({ kind: 'project', id }, 'hidden-project-token')
    await projects.replaceRegistrationToken({ kind: 'group', id: project?.groupId ?? 0 }, 'hidden-group-token')
    const runner = await runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [id] }))
    await jobs.create(
      samplePipeline(id, {
        variables: [{ key: 'B', value: 'hidden-pipeline-variable' }],
        jobs: [sampleJob({ script: ['echo hidden-script'], secrets: { C: 'hidden-secret' } })],
      }),
    )
    const session = { url: 'https://hidden-session/', certificate: 'c', authorization: 'hidden-authorization' }
    expect(await jobs.claim(sampleClaim(runner, { session }))).toMatchObject({ kind: 'taken' })

    const tables = await test.db.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    )
    expect(tables.length).toBeGreaterThan(15)
    for (const { name } of tables) {
      const rows = await test.db.query<{ text: string }>(`select t::text as text from ${name} t`)
      const text = rows.map((row) => row.text).join('\n')
      expect(text).not.toContain('hidden')
      expect(text).not.toContain(Buffer.from('hidden').toString('hex'))
      expect(text).not.toContain(Buffer.from('hidden-').toString('base64').slice(0, 8))
    }
  })
})
