import { TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { DomainError } from '@yardmaster/domain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Refused } from './admin-api/refused.ts'
import { type AdminContext, procedure, router } from './admin-api/trpc.ts'
import { type ApiRefusal, answerRunner, describeRefusal, type Refusal } from './refusals.ts'

type Samples<Of extends { kind: string }> = { [Kind in Of['kind']]: Extract<Of, { kind: Kind }> }

/** One refusal of each kind of the use cases. A new kind does not compile until it is here. */
const OF_USE_CASES: Samples<DomainError> = {
  runner_refused: { kind: 'runner_refused' },
  registration_refused: { kind: 'registration_refused' },
  registration_disabled: { kind: 'registration_disabled' },
  runner_invalid: {
    kind: 'runner_invalid',
    violations: { tags_list: ['is empty', 'is needed'], description: ['is too long'] },
  },
  runner_not_found: { kind: 'runner_not_found', id: 7 },
  manager_not_found: { kind: 'manager_not_found' },
  runner_locked: { kind: 'runner_locked', id: 7 },
  runner_not_assignable: { kind: 'runner_not_assignable', id: 7, reason: 'it serves all' },
  changed_since: { kind: 'changed_since' },
  project_damaged: { kind: 'project_damaged', id: 7, parts: ['variables'] },
  project_not_found: { kind: 'project_not_found', id: 7 },
  group_not_found: { kind: 'group_not_found', id: 7 },
  path_taken: { kind: 'path_taken', path: 'a/b' },
  project_invalid: { kind: 'project_invalid', field: 'path', reason: 'is empty' },
  project_indispensable: { kind: 'project_indispensable', path: 'default' },
  project_token_not_found: { kind: 'project_token_not_found', id: 7 },
  project_token_invalid: { kind: 'project_token_invalid', field: 'expiresAt', reason: 'this time is past' },
  job_not_found: { kind: 'job_not_found', id: 7 },
  job_damaged: { kind: 'job_damaged', id: 7 },
  job_newer: { kind: 'job_newer', id: 7 },
  job_refused: { kind: 'job_refused' },
  job_project_deleted: { kind: 'job_project_deleted' },
  job_erased: { kind: 'job_erased' },
  log_removed: { kind: 'log_removed', at: new Date('2026-11-02T03:04:05Z') },
  job_not_executing: { kind: 'job_not_executing', status: 'canceled' },
  state_unknown: { kind: 'state_unknown', status: 'running' },
  search_incomplete: { kind: 'search_incomplete' },
  definition_invalid: { kind: 'definition_invalid', field: 'definition.image', reason: 'found 5; allowed: text' },
  transition_impossible: { kind: 'transition_impossible', id: 7, status: 'success' },
  config_missing: { kind: 'config_missing', path: '.gitlab-ci.yml', sha: 'a'.repeat(40) },
  config_invalid: {
    kind: 'config_invalid',
    errors: [{ message: 'jobs: x', path: ['x'], file: null, line: 1, column: 1, hint: null }],
  },
  pipeline_filtered: { kind: 'pipeline_filtered' },
  pipeline_empty: { kind: 'pipeline_empty' },
  pipeline_not_found: { kind: 'pipeline_not_found', id: 7 },
  pipeline_over: { kind: 'pipeline_over', id: 7, status: 'success' },
  pipeline_under_way: { kind: 'pipeline_under_way', id: 7, status: 'running' },
  pipeline_not_retryable: { kind: 'pipeline_not_retryable', id: 7, reason: 'No job of pipeline 7 failed.' },
  compiler_busy: { kind: 'compiler_busy' },
  repository_missing: { kind: 'repository_missing', projectId: 3 },
  repository_unavailable: { kind: 'repository_unavailable', projectId: 3, reason: 'The server can’t be reached.' },
  ref_not_found: { kind: 'ref_not_found', ref: 'main' },
  commit_not_found: { kind: 'commit_not_found', sha: 'a'.repeat(40) },
  schedule_not_found: { kind: 'schedule_not_found', id: 7 },
  schedule_invalid: { kind: 'schedule_invalid', field: 'cron', reason: 'it matches no date' },
  schedule_unreadable: { kind: 'schedule_unreadable', id: 7, because: 'damaged' },
  environment_not_found: { kind: 'environment_not_found', id: 7 },
  environment_not_stoppable: {
    ...{ kind: 'environment_not_stoppable', id: 7, state: 'stopped', reason: 'The environment qa is stopped already.' },
  },
  environment_not_stopped: { kind: 'environment_not_stopped', id: 7, state: 'available' },
  resource_group_not_found: { kind: 'resource_group_not_found', projectId: 7, name: 'production' },
  trace_gap: { kind: 'trace_gap', storedBytes: 12 },
  trace_too_large: { kind: 'trace_too_large' },
  pattern_invalid: { kind: 'pattern_invalid', reason: 'missing )' },
  artifacts_disabled: { kind: 'artifacts_disabled' },
  artifact_invalid: { kind: 'artifact_invalid', reason: 'not a zip' },
  artifact_too_large: { kind: 'artifact_too_large' },
  quota_exceeded: { kind: 'quota_exceeded' },
  artifact_not_found: { kind: 'artifact_not_found' },
  download_unauthorized: { kind: 'download_unauthorized' },
  download_refused: { kind: 'download_refused' },
  storage_failed: { kind: 'storage_failed', reason: 'the store is away', cause: new Error('a secret address') },
  commit_status_not_found: { kind: 'commit_status_not_found', id: 7 },
  commit_status_not_sendable: { kind: 'commit_status_not_sendable', id: 7 },
  webhook_not_found: { kind: 'webhook_not_found', id: 7 },
  delivery_not_found: { kind: 'delivery_not_found', id: 7 },
  delivery_not_sendable: { kind: 'delivery_not_sendable', id: 7, because: 'test' },
  webhook_invalid: { kind: 'webhook_invalid', field: 'url', reason: 'not an address' },
  hook_refused: { kind: 'hook_refused' },
  hook_malformed: { kind: 'hook_malformed', reason: 'The body is not JSON.' },
  hook_delivery_not_found: { kind: 'hook_delivery_not_found', id: 7 },
  hook_delivery_under_way: { kind: 'hook_delivery_under_way', id: 7 },
  hook_delivery_not_waiting: { kind: 'hook_delivery_not_waiting', id: 7 },
}

/** One refusal of each kind of the admin API itself. */
const OF_THE_API: Samples<ApiRefusal> = {
  unauthenticated: { kind: 'unauthenticated' },
  cross_site: { kind: 'cross_site' },
  input_invalid: { kind: 'input_invalid', fields: [{ path: 'a[0]', message: 'is empty' }] },
  body_invalid: { kind: 'body_invalid', reason: 'not UTF-8' },
  body_too_large: { kind: 'body_too_large', reason: 'more than 1 MiB' },
  body_too_slow: { kind: 'body_too_slow' },
  answers_too_large: { kind: 'answers_too_large', limitMib: 4 },
  procedure_not_found: { kind: 'procedure_not_found', sentence: 'No such procedure.' },
  request_invalid: {
    kind: 'request_invalid',
    sentence: 'Wrong method.',
    code: 'METHOD_NOT_SUPPORTED',
    status: 405,
  },
  internal_error: { kind: 'internal_error' },
}

const ALL: readonly Refusal[] = [...Object.values(OF_USE_CASES), ...Object.values(OF_THE_API)]

const asked = <Output extends z.ZodType>(output: Output) =>
  procedure({ rest: 'GET /tried', summary: 'Exists for this test.', output })

const refusing = router({
  refuse: asked(z.unknown())
    .input(z.number())
    .query(({ input }) => {
      const refusal = ALL[input]
      if (refusal) throw new Refused(refusal)
    }),
  check: asked(z.string())
    .input(z.strictObject({ variables: z.array(z.strictObject({ key: z.string() })), name: z.string().max(3, 'long') }))
    .query(() => 'fits'),
  answer: asked(z.strictObject({ name: z.string() })).query(() => ({ name: 5 }) as never),
})

interface Received {
  readonly status: number
  readonly error: {
    readonly message: string
    readonly data: { readonly code: string; readonly httpStatus: number; readonly refusal: unknown }
  }
}

async function call(path: string, input?: unknown, { method = 'GET', kind = 'token' } = {}): Promise<Received> {
  const url = `http://localhost/${path}${input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`}`
  const response = await fetchRequestHandler({
    endpoint: '/',
    req: new Request(url, { method }),
    router: refusing,
    createContext: () => ({ access: { kind }, batch: null }) as AdminContext,
  })
  return { status: response.status, ...((await response.json()) as { error: Received['error'] }) }
}

describe('a refusal reaches callers of procedures as data', () => {
  it.each(ALL.map((refusal, index) => ({ index, ...refusal })))('$kind', async ({ index, kind }) => {
    const { code, sentence, refusal } = describeRefusal(ALL[index] as Refusal)
    const { error } = await call('refuse', index)
    expect(error).toMatchObject({ message: sentence, data: { code, refusal } })
    expect(refusal.kind).toBe(kind)
    expect(sentence).not.toBe('')
    expect(JSON.stringify(error)).not.toMatch(/secret address|undefined|stack/)
  })

  it('with all invalid fields of an input, and the error in each', async () => {
    const { status, error } = await call('check', { variables: [{ key: 'A' }, { key: 5 }], name: 'longer', extra: 1 })
    expect(status).toBe(400)
    expect(error.data.refusal).toEqual({
      kind: 'input_invalid',
      fields: [
        { path: 'variables[1].key', message: expect.stringContaining('expected string') },
        { path: 'name', message: 'long' },
        { path: '', message: expect.stringContaining('extra') },
      ],
      details: {},
    })
    expect(error.message).toMatch(/^variables\[1\]\.key: .*; name: long; input: .*"extra"$/)
  })

  it('of bounded size, however many values are invalid', async () => {
    const { error } = await call('check', { variables: Array.from({ length: 5_000 }, () => ({ key: 5 })), name: '' })
    expect((error.data.refusal as { fields: unknown[] }).fields).toHaveLength(100)
    expect(error.message.length).toBeLessThanOrEqual(2_000)
  })

  it('when tRPC itself refuses', async () => {
    expect((await call('nothing')).error.data.refusal).toMatchObject({ kind: 'procedure_not_found' })
    expect((await call('refuse', 0, { method: 'POST' })).error.data.refusal).toMatchObject({ kind: 'request_invalid' })
  })

  it('for callers who are not signed in', async () => {
    const { status, error } = await call('refuse', 0, { kind: 'nobody' })
    expect(status).toBe(401)
    expect(error.data.refusal).toEqual({ kind: 'unauthenticated', fields: [], details: {} })
  })

  it('without the cause when the fault is ours, such as an answer that does not fit its schema', async () => {
    const { status, error } = await call('answer')
    expect(status).toBe(500)
    expect(error.message).toBe('Something went wrong on the server.')
    expect(error.data.refusal).toEqual({ kind: 'internal_error', fields: [], details: {} })
  })
})

describe('the table of refusals', () => {
  it.each(ALL)('gives $kind the HTTP status that tRPC gives its code, unless it has a more specific one', (each) => {
    const { code, status } = describeRefusal(each)
    const byCode = getHTTPStatusCodeFromError(new TRPCError({ code }))
    expect(status).toBe(each.kind === 'job_erased' || each.kind === 'log_removed' ? 410 : byCode)
  })

  it.each(Object.values(OF_USE_CASES))('has an error status for runners too: $kind', (error) => {
    const { status, body } = answerRunner(error)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(JSON.stringify(body)).not.toMatch(/secret address|undefined/)
  })

  it('names a field as its caller does, in the runner protocol and in the admin API', () => {
    const { fields } = describeRefusal(OF_USE_CASES.runner_invalid).refusal
    expect(fields).toEqual([
      { path: 'tagList', message: 'is empty, is needed' },
      { path: 'description', message: 'is too long' },
    ])
    expect(answerRunner(OF_USE_CASES.runner_invalid).body).toEqual({
      message: { tags_list: ['is empty', 'is needed'], description: ['is too long'] },
    })
  })
})
