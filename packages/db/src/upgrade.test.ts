import { digestOf } from '@yardmaster/domain'
import type { JobFilter } from '@yardmaster/domain/ports'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrate, seed } from './index.ts'
import { encryptFirstForm, makeFirstSchema } from './testing/first-form.ts'
import { REFUSE_MOVES } from './testing/refuse-moves.ts'
import { sampleClaim, sampleDefinition, sampleRunner } from './testing/samples.ts'
import { openTestDatabase, TEST_KEY, type TestDatabase } from './testing.ts'

const encrypted = (text: string) => encryptFirstForm(text, TEST_KEY)
const later = new Date(Date.now() + 3_600_000)

/** Fills a database as the first release did: with its statements and its encryption. */
async function fillFirstSchema({ db }: TestDatabase): Promise<void> {
  await db.query("insert into meta (key, value) values ('encryption_key_check', $1)", [
    encrypted('sealed by Yardmaster'),
  ])
  await db.query(
    `insert into settings (maintenance, project_registration, group_registration, fair_scheduling, supply_gitlab_ci,
       archive_after, registration_token_digest, registration_token) values (true, true, false, false, true, 86400, $1, $2)`,
    [digestOf('instance token'), encrypted('instance token')],
  )
  await db.query(
    `insert into groups (path, lineage, registration_token_digest, registration_token) values ('harbour', '{1}', $1, $2)`,
    [digestOf('group token'), encrypted('group token')],
  )
  const projects = `insert into projects (path, name, group_id, repo_url, default_branch, timeout, variables,
      registration_token_digest, registration_token, instance_runners_enabled, group_runners_enabled, ci_enabled,
      job_token_allowlist, last_pipeline_iid, deleted_at)
    values ($1, 'lantern', 1, $2, 'main', 3600, $3, $4, $5, true, true, true, '{}', 1, $6)`
  for (const [path, deletedAt] of [
    ['harbour/lantern', null],
    ['harbour/removed', new Date()],
  ] as const) {
    await db.query(projects, [
      path,
      encrypted('https://user:password@git.example/Harbour/lantern.git'),
      encrypted(JSON.stringify([{ key: 'A', value: 'of the project', masked: true }])),
      digestOf(path),
      encrypted('project token'),
      deletedAt,
    ])
  }
  await db.query(
    `insert into pipelines (project_id, iid, source, ref, tag, protected, variables)
     values (1, 1, 'api', 'main', false, true, $1)`,
    [encrypted(JSON.stringify([{ key: 'B', value: 'of the pipeline' }]))],
  )
  const jobs = [
    ['compile', 'build', 'success', null, 0],
    ['lint', 'build', 'failed', 'script_failure', 3],
    ['unit', 'test', 'failed', 'runner_system_failure', 0],
    ['crash', 'test', 'failed', 'script_failure', -1],
    ['publish', 'deploy', 'pending', null, null],
  ] as const
  for (const [name, stage, status, reason, exitCode] of jobs) {
    const [made] = await db.query<{ id: number }>(
      `insert into jobs (pipeline_id, project_id, name, stage, status, failure_reason, exit_code, tags,
         required_features, dependencies, allow_failure, allow_failure_exit_codes, queued_at, retry_decided,
         started_at, finished_at, trace_sealed)
       values (1, 1, $1, $2, $3, $4, $5, '{}', '{}', '{}', false, '{}', now(), true, $6, $6, true) returning id`,
      [name, stage, status, reason, exitCode, status === 'pending' ? null : new Date()],
    )
    await db.query('insert into job_secrets (job_id, definition) values ($1, $2)', [
      made?.id,
      encrypted(JSON.stringify(sampleDefinition({ script: [`make ${name}`] }))),
    ])
  }
  await db.query('insert into job_reports (job_id, dotenv) values (1, $1)', [
    encrypted('[{"key":"C","value":"dotenv"}]'),
  ])
  await db.query("insert into lanes (project_id, tags, tags_digest, protected) values (1, '{}', $1, true)", [
    digestOf('[]'),
  ])
  await db.script('insert into pending_jobs (job_id, lane_id) values (5, 1)')
  await db.query('insert into sign_in_links (digest, expires_at) values ($1, $2)', ['link', later])
  await db.query('insert into sessions (digest, expires_at) values ($1, $2)', ['session', later])
  await db.query(
    `insert into webhooks (project_id, url, secret, statuses, enabled) values (1, $1, $2, '{failed}', true)`,
    [encrypted('https://receiver.example/old'), encrypted('old secret')],
  )
}

describe('a database of the first release', () => {
  let test: TestDatabase
  beforeAll(async () => {
    test = await openTestDatabase()
    await makeFirstSchema(test.db)
    await fillFirstSchema(test)
    await migrate(test.db)
    await seed(test.db, test.secrets, { registrationToken: 'another token' })
    await test.db.script(REFUSE_MOVES)
  })
  afterAll(() => test?.[Symbol.asyncDispose]())

  const bytesOf = async (table: string, column: string, where = 'true') => {
    const [row] = await test.db.query<{ value: Uint8Array }>(`select ${column} as value from ${table} where ${where}`)
    return Buffer.from(row?.value ?? []).toString('latin1')
  }

  it('has all migrations, each with its digest, and starts again', async () => {
    await migrate(test.db)
    await seed(test.db, test.secrets)
    expect(await test.db.query('select from schema_migrations where digest is null')).toEqual([])
    expect((await test.db.query('select from schema_migrations')).length).toBeGreaterThan(6)
  })

  it('keeps its settings and its registration token', async () => {
    const { settings } = test.stores
    expect(await settings.get()).toMatchObject({
      maintenance: true,
      groupRegistration: false,
      fairScheduling: false,
      archiveAfter: 86_400,
      maxStoredBytes: null,
    })
    expect(await settings.registrationToken()).toBe('instance token')
    await settings.replaceRegistrationToken('next token')
    expect(await bytesOf('settings', 'registration_token')).toMatch(/^ymbound1/)
    expect(await settings.registrationToken()).toBe('next token')
  })

  it('has exit codes as they were sent, and null where 0 meant none', async () => {
    const codes = await Promise.all([1, 2, 3, 4, 5].map(async (id) => (await test.stores.jobs.find(id))?.exitCode))
    expect(codes).toEqual([null, 3, null, -1, null])
  })

  it('marks no job as the answer to a held request', async () => {
    expect(await test.db.query('select from jobs where answered_hold')).toEqual([])
  })

  it('orders the stages of a pipeline', async () => {
    const rows = await test.db.query<{ stage_index: number }>('select stage_index from jobs order by id limit 5')
    expect(rows.map((row) => row.stage_index)).toEqual([0, 0, 1, 1, 2])
  })

  it('lists its jobs and pipelines by everything that can be searched', async () => {
    const { jobs, pipelines } = test.stores
    const found = async (filter: Partial<JobFilter>) =>
      (await jobs.list({ limit: 10, ...filter })).map(({ name }) => name).sort()
    expect(await found({ search: 'COMP' })).toEqual(['compile'])
    expect(await found({ name: 'lint', status: 'failed' })).toEqual(['lint'])
    expect(await found({ search: 'lantern', ref: 'main', status: 'failed' })).toEqual(['crash', 'lint', 'unit'])
    expect(await test.db.query('select name, search from job_profiles order by name limit 1')).toEqual([
      { name: 'compile', search: 'compile' },
    ])
    expect(await pipelines.list({ search: 'MAI', limit: 10 })).toMatchObject([{ ref: 'main' }])
  })

  it('reads projects and groups, and binds encrypted values when they are saved', async () => {
    const { projects } = test.stores
    const repoUrl = 'https://user:password@git.example/Harbour/lantern.git'
    const project = await projects.find(1)
    expect(project).toMatchObject({
      repoUrl,
      variables: [{ key: 'A', value: 'of the project', masked: true }],
      registrationToken: 'project token',
      maxStoredBytes: null,
      damaged: [],
    })
    expect((await projects.findGroup(1))?.registrationToken).toBe('group token')
    const [stored] = await test.db.query('select checkout_path from projects where id = 1')
    expect(stored).toEqual({ checkout_path: '/harbour/lantern' })
    // Its jobs still have to be ended.
    expect(await projects.removedWithJobs(10)).toEqual([2])

    await projects.update(1, { repoUrl, variables: project?.variables ?? [] })
    await projects.replaceRegistrationToken({ kind: 'project', id: 1 }, 'next project token')
    await projects.replaceRegistrationToken({ kind: 'group', id: 1 }, 'next group token')
    for (const column of ['repo_url', 'variables', 'registration_token'])
      expect(await bytesOf('projects', column, 'id = 1'), column).toMatch(/^ymbound1/)
    expect(await bytesOf('groups', 'registration_token', 'id = 1')).toMatch(/^ymbound1/)
    expect(await projects.find(1)).toEqual({ ...project, registrationToken: 'next project token' })
  })

  it('gives a waiting job to a runner, with what was encrypted for it', async () => {
    const { jobs, runners } = test.stores
    expect(await jobs.definition(1)).toMatchObject({ script: ['make compile'] })
    expect(await jobs.pipelineVariables(1)).toEqual([{ key: 'B', value: 'of the pipeline' }])
    const runner = await runners.create(sampleRunner())
    expect(await jobs.claim(sampleClaim(runner))).toMatchObject({
      kind: 'taken',
      taken: {
        job: { id: 5 },
        definition: { script: ['make publish'] },
        project: { variables: [{ value: 'of the project' }] },
        pipeline: { variables: [{ value: 'of the pipeline' }] },
      },
    })
  })

  it('keeps sessions and links, and binds them to the administrator’s token of the next start', async () => {
    const { sessions } = test.stores
    const session = (boundTo: string) => sessions.isValid({ digest: 'session', boundTo })
    expect(await session('token')).toBe(false)
    await sessions.bindOld('token')
    expect(await session('token')).toBe(true)
    expect(await session('another')).toBe(false)
    expect(await sessions.useSignInLink({ digest: 'link', boundTo: 'another' })).toBe(false)
    expect(await sessions.useSignInLink({ digest: 'link', boundTo: 'token' })).toBe(true)
  })

  it('sends to its webhooks, and binds their secrets when they are saved', async () => {
    const { webhooks } = test.stores
    expect(await webhooks.find(1)).toMatchObject({ projectId: 1, url: 'https://receiver.example/old', enabled: true })
    expect(await webhooks.addTest(1)).toMatchObject({ target: { secret: 'old secret' } })
    await webhooks.update(1, { url: 'https://receiver.example/new' })
    await webhooks.replaceSecret(1, 'new secret')
    for (const column of ['url', 'secret']) expect(await bytesOf('webhooks', column), column).toMatch(/^ymbound1/)
    expect(await webhooks.addTest(1)).toMatchObject({
      target: { url: 'https://receiver.example/new', secret: 'new secret' },
    })
  })
})
