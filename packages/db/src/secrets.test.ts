import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openSecretBox, seed } from './index.ts'
import { placeOf } from './secrets.ts'
import { encryptFirstForm } from './testing/first-form.ts'
import { sampleClaim, sampleJob, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { TEST_KEY } from './testing.ts'

/** Nonce, tag and ciphertext under a key of 32 bytes with the value 7. */
const FIRST_FORM = 'KW0iCG1ZlMUPFABS6O3lz9236JJ46H2Z33ImsqcFC5pt4o8gxg2wRu8hGSM0LZSRr+bS+YU5LEPCbOs='

describe('a secret box', () => {
  const box = openSecretBox(randomBytes(32))

  const place = placeOf('projects.repo_url', 1)

  it('decrypts what it encrypted, and never encrypts twice alike', () => {
    for (const text of ['', 'plain', '🚂 ü', 'x'.repeat(100_000)])
      expect(box.decrypt(box.encrypt(text, place), place)).toBe(text)
    expect(box.encrypt('same', place)).not.toEqual(box.encrypt('same', place))
  })

  it('refuses values of another key, and values changed or cut anywhere', () => {
    const encrypted = box.encrypt('secret', place)
    expect(() => openSecretBox(randomBytes(32)).decrypt(encrypted, place)).toThrow()
    for (const at of encrypted.keys()) {
      const changed = Uint8Array.from(encrypted)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(() => box.decrypt(changed, place)).toThrow()
      expect(() => box.decrypt(encrypted.subarray(0, at), place)).toThrow()
      // Nor is it accepted as a value of the first form when its mark is removed.
      expect(() => box.decrypt(encrypted.subarray(at), at === 0 ? placeOf('projects.repo_url', 2) : place)).toThrow()
    }
  })

  it('decrypts a value in its own place only', () => {
    const encrypted = box.encrypt('secret', place)
    for (const other of [
      placeOf('projects.repo_url', 11),
      placeOf('projects.variables', 1),
      placeOf('webhooks.url', 1),
    ])
      expect(() => box.decrypt(encrypted, other)).toThrow()
    const named = box.encrypt('secret', placeOf('job_secrets.definition', 1, '2:3'))
    expect(() => box.decrypt(named, placeOf('job_secrets.definition', 2, '3'))).toThrow()
  })

  it('decrypts values of the first form, which are not bound to a place', () => {
    const first = openSecretBox(Buffer.alloc(32, 7))
    expect(first.decrypt(Buffer.from(FIRST_FORM, 'base64'), place)).toBe('sealed before values were bound')
    const damaged = Buffer.from(FIRST_FORM, 'base64')
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1
    expect(() => first.decrypt(damaged, place)).toThrow()
  })

  it('requires a key of 32 bytes', () => {
    expect(() => openSecretBox(randomBytes(16))).toThrow('32 bytes, this one has 16')
  })
})

describe('secrets at rest', () => {
  const test = useTestDatabase()

  it('make a process with another key refuse to start', async () => {
    await expect(seed(test.db, openSecretBox(randomBytes(32)))).rejects.toThrow(/^ENCRYPTION_KEY cannot read/)
    await expect(seed(test.db, test.secrets)).resolves.toBeUndefined()
  })

  it('are bound to their rows and columns, all of them', async () => {
    const { projects, runners, jobs, schedules, webhooks } = test.stores
    const made = []
    for (const path of ['bound/one', 'bound/two']) {
      const project = await makeProject(test, {
        path,
        groupPath: path,
        repoUrl: `https://user:password@git.example/${path}.git`,
        variables: [{ key: 'A', value: path }],
      })
      const [job = 0] = await jobs.create(
        samplePipeline(project.id, { variables: [{ key: 'B', value: path }], jobs: [sampleJob({ script: [path] })] }),
      )
      const webhook = await webhooks.create({
        projectId: project.id,
        url: `https://receiver.example/${path}`,
        secret: path,
        events: ['job'],
        statuses: ['success'],
        enabled: true,
      })
      const schedule = await schedules.create({
        ...{ projectId: project.id, description: '', cron: '0 4 * * *', timeZone: 'UTC', ref: null, tag: false },
        ...{ sha: null, active: true, createdBy: null, nextRunAt: null },
        configuration: { content: path, files: null, inputs: null },
        variables: [{ key: 'C', value: path }],
      })
      made.push({ project, job, webhook, schedule })
    }
    const [one, two] = made
    if (!one || !two) throw new Error('two webhooks were expected')

    /** Puts the value of the second row into the first, reads it there, and restores the first. */
    async function moved(
      table: string,
      column: string,
      {
        read,
        key = 'id',
        ids,
        foreign,
      }: { read: () => Promise<unknown>; key?: string; ids: number[]; foreign: string },
    ) {
      const value = async (id: number) => {
        const [row] = await test.db.query<{ value: Uint8Array }>(
          `select ${column} as value from ${table} where ${key} = $1`,
          [id],
        )
        return row?.value
      }
      const put = (id: number, bytes: unknown) =>
        test.db.query(`update ${table} set ${column} = $2 where ${key} = $1`, [id, bytes])
      const [to = 0, from = 0] = ids
      const own = await value(to)
      expect(own, `${table}.${column}`).toBeDefined()
      await put(to, await value(from))
      // Refused, or reported as damaged where the store distinguishes this.
      const shown = await read().then(
        (found) => JSON.stringify(found),
        () => 'refused',
      )
      expect(shown, `${table}.${column} of another row`).not.toContain(foreign)
      await put(to, own)
      expect(JSON.stringify(await read()), `${table}.${column}`).toContain(foreign.replace('two', 'one'))
    }
    const ids = [one.project.id, two.project.id]
    const find = () => projects.find(one.project.id)
    await moved('projects', 'repo_url', { read: find, ids, foreign: 'example/bound/two' })
    await moved('projects', 'variables', { read: find, ids, foreign: '"value":"bound/two"' })
    const groups = [one.project.groupId ?? 0, two.project.groupId ?? 0]
    const definitions = [one.job, two.job]
    const definition = () => jobs.definition(one.job)
    await moved('job_secrets', 'definition', {
      read: definition,
      key: 'job_id',
      ids: definitions,
      foreign: 'bound/two',
    })
    const pipelines = await Promise.all(definitions.map(async (id) => (await jobs.find(id))?.pipelineId ?? 0))
    const variables = () => jobs.pipelineVariables(one.job)
    await moved('pipelines', 'variables', { read: variables, ids: pipelines, foreign: 'bound/two' })
    const plans = [one.schedule?.id ?? 0, two.schedule?.id ?? 0]
    for (const column of ['variables', 'configuration'])
      await moved('schedules', column, {
        read: () => schedules.contents(plans[0] ?? 0),
        ids: plans,
        foreign: 'bound/two',
      })
    const hooks = [one.webhook.id, two.webhook.id]
    await moved('webhooks', 'url', { read: () => webhooks.find(one.webhook.id), ids: hooks, foreign: 'bound/two' })
    await moved('webhooks', 'secret', {
      read: () => webhooks.addTest(one.webhook.id),
      ids: hooks,
      foreign: '"bound/two"',
    })
    for (const [table, [to, from]] of [
      ['projects', ids],
      ['groups', groups],
    ] as const) {
      const read = async () =>
        table === 'projects'
          ? (await find())?.registrationToken
          : (await projects.findGroup(to ?? 0))?.registrationToken
      const own = await read()
      const put = (token: unknown) =>
        test.db.query(`update ${table} set registration_token = $2 where id = $1`, [to, token])
      const encrypted = async (id: number | undefined) =>
        (
          await test.db.query<{ token: Uint8Array }>(`select registration_token as token from ${table} where id = $1`, [
            id,
          ])
        )[0]?.token
      const before = await encrypted(to)
      await put(await encrypted(from))
      expect(await read()).toBeNull()
      await put(before)
      expect(await read()).toBe(own)
    }

    // A retried job has the definition of the one before.
    const runner = await runners.create(sampleRunner({ runnerType: 'project_type', projectIds: [one.project.id] }))
    expect(await jobs.claim(sampleClaim(runner))).toMatchObject({
      kind: 'taken',
      taken: { definition: { script: ['bound/one'] } },
    })
  })

  it('of the first form are read, and bound to their place when they are saved', async () => {
    const { projects } = test.stores
    const project = await makeProject(test, { path: 'first/form', repoUrl: 'https://git.example/a.git' })
    const first = encryptFirstForm('https://user:password@git.example/b.git', TEST_KEY)
    await test.db.query('update projects set repo_url = $2 where id = $1', [project.id, first])
    const found = await projects.find(project.id)
    expect(found?.repoUrl).toBe('https://user:password@git.example/b.git')
    await projects.update(project.id, { repoUrl: found?.repoUrl ?? null })
    const [row] = await test.db.query<{ repo_url: Uint8Array }>('select repo_url from projects where id = $1', [
      project.id,
    ])
    expect(Buffer.from(row?.repo_url ?? []).toString('latin1')).toMatch(/^ymbound1/)
    expect((await projects.find(project.id))?.repoUrl).toBe('https://user:password@git.example/b.git')
  })

  it('appear in no table in plain text', async () => {
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
