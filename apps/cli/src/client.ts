import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '@yardmaster/gateway/api'
import { unexpectedAnswer } from './answers.ts'
import { Failure, serverFailure } from './failure.ts'
import { type Connection, readJson, send } from './http.ts'

type Outputs = inferRouterOutputs<AppRouter>
export type Job = Outputs['jobs']['get']
export type Pipeline = Outputs['pipelines']['list']['items'][number]
export type JobInPipeline = Outputs['pipelines']['jobs']['jobs'][number]
export type Runner = Outputs['runners']['list']['items'][number]
export type Artifact = Outputs['artifacts']['list'][number]

export type Lint = Outputs['pipelines']['lint']

export type Client = ReturnType<typeof openClient>

/** Opens the admin API of a server. What goes wrong in a call is a `Failure`. */
export function openClient(connection: Connection) {
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: `${connection.url}/trpc`,
        // A configuration does not fit into an address.
        methodOverride: 'POST',
        fetch: async (address, init) => {
          const path = String(address).slice(connection.url.length)
          const { method, body, headers } = init as RequestInit
          const response = await send(connection, path, {
            ...(method && { method }),
            ...(body && { body }),
            ...(headers && { headers }),
            limit: connection.timeoutMs,
          })
          const answer = await readJson(response, connection)
          if (!isEnvelope(answer)) throw unexpectedAnswer('it has neither a result nor an error')
          const { ok, status } = response
          return { ok, status, json: async () => answer }
        },
      }),
    ],
  })
}

function isEnvelope(answer: unknown): boolean {
  if (typeof answer !== 'object' || answer === null) return false
  const { result, error } = answer as { result?: unknown; error?: unknown }
  if (error === undefined) return typeof result === 'object' && result !== null
  const { message, code, data } = (error ?? {}) as { message?: unknown; code?: unknown; data?: unknown }
  return typeof message === 'string' && typeof code === 'number' && typeof data === 'object' && data !== null
}

/** What to try after a refusal, by its kind. */
const NEXT: Readonly<Record<string, string>> = {
  job_not_found: 'yardmaster job list',
  pipeline_not_found: 'yardmaster pipeline list',
  pipeline_over: 'yardmaster pipeline retry ID',
  runner_not_found: 'yardmaster runner list',
  transition_impossible: 'yardmaster job get ID',
  pipeline_not_retryable: 'yardmaster pipeline get ID',
  procedure_not_found: 'The server is older than this command: use the release of the server.',
}

/**
 * Turns an error of a call into the failure that is reported: what the server said, and the fields that it refused.
 *
 * @param id - what the verb was about, for the command to try next.
 * @returns null for an error that is a fault of this program.
 */
export function failureOf(error: unknown, url: string, id: number | null = null): Failure | null {
  if (error instanceof Failure) return error
  if (!(error instanceof TRPCClientError)) return null
  if (error.cause instanceof Failure) return error.cause
  const data = error.data as { code?: unknown; refusal?: { kind?: unknown; fields?: unknown } } | null | undefined
  if (!data) return null
  if (data.code === 'UNAUTHORIZED') return serverFailure(`${url} does not accept the token.`, `yardmaster login ${url}`)
  const { kind, fields } = data.refusal ?? {}
  const faults = Array.isArray(fields) ? fields.filter(isField) : []
  const next = typeof kind === 'string' && Object.hasOwn(NEXT, kind) ? (NEXT[kind] ?? null) : null
  return serverFailure(
    faults.length > 0
      ? ['The server refused:', ...faults.map(({ path, message }) => `  ${path || 'input'}: ${message}`)].join('\n')
      : error.message,
    next?.replace('ID', String(id ?? 'ID')) ?? (faults.length > 0 ? 'Add --help to see what the verb takes.' : null),
  )
}

const isField = (value: unknown): value is { path: string; message: string } =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { path?: unknown }).path === 'string' &&
  typeof (value as { message?: unknown }).message === 'string'
