import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Reply, send } from './http.ts'
import type { JobPayload } from './payload.ts'
import { TakenJob } from './taken-job.ts'

/** The features that a runner with a shell executor announces (`docs/protocol/client.md 3`). */
export const SHELL_FEATURES: Readonly<Record<string, boolean>> = Object.fromEntries(
  [
    ...['variables', 'shared', 'session', 'terminal', 'artifacts', 'cache', 'fallback_cache_keys', 'refspecs'],
    ...['upload_multiple_artifacts', 'upload_raw_artifacts', 'masking', 'raw_variables', 'artifacts_exclude'],
    ...['multi_build_steps', 'vault_secrets', 'return_exit_code', 'trace_reset', 'trace_checksum', 'trace_size'],
    ...['cancelable', 'cancel_gracefully', 'two_phase_job_commit', 'job_inputs'],
    'native_steps_integration',
  ].map((name) => [name, true]),
)

export interface RunnerOptions {
  readonly description?: string
  readonly tagList?: string
  readonly runUntagged?: boolean
  readonly accessLevel?: string
  readonly maximumTimeout?: number
  readonly paused?: boolean
  readonly locked?: boolean
  readonly systemId?: string
  readonly features?: Readonly<Record<string, boolean>>
}

/** A runner that speaks the protocol and nothing else, with the same requests as GitLab Runner. */
export class FakeRunner {
  readonly url: string
  readonly id: number
  token: string
  readonly systemId: string
  features: Readonly<Record<string, boolean>>
  /** The last queue value received, which is repeated with every request. */
  lastUpdate: string | null = null

  constructor(url: string, identity: { id: number; token: string }, { systemId, features }: RunnerOptions = {}) {
    this.url = url
    this.id = identity.id
    this.token = identity.token
    this.systemId = systemId ?? `s_${randomBytes(6).toString('hex')}`
    this.features = features ?? SHELL_FEATURES
  }

  /** Registers with a registration token. @throws when it is refused. */
  static async register(url: string, registrationToken: string, options: RunnerOptions = {}): Promise<FakeRunner> {
    const { description, tagList, runUntagged, accessLevel, maximumTimeout, paused, locked } = options
    const reply = await send('POST', `${url}/api/v4/runners`, {
      headers: { Accept: 'application/json' },
      json: {
        token: registrationToken,
        description: description ?? 'fake runner',
        ...(tagList && { tag_list: tagList }),
        run_untagged: runUntagged ?? !tagList,
        locked: locked ?? true,
        paused: paused ?? false,
        ...(accessLevel && { access_level: accessLevel }),
        ...(maximumTimeout && { maximum_timeout: maximumTimeout }),
        info: info({}),
      },
    })
    if (reply.status !== 201) throw new Error(`registration was refused: ${reply.status} ${reply.text}`)
    return new FakeRunner(url, reply.json<{ id: number; token: string }>(), options)
  }

  /** Verifies a token that was created in advance, as gitlab-runner's `register` does. @throws when it is refused. */
  static async withToken(url: string, token: string, options: RunnerOptions = {}): Promise<FakeRunner> {
    const unverified = new FakeRunner(url, { id: 0, token }, options)
    const reply = await unverified.verify()
    if (reply.status !== 200) throw new Error(`the token was refused: ${reply.status} ${reply.text}`)
    return new FakeRunner(url, reply.json<{ id: number; token: string }>(), {
      ...options,
      systemId: unverified.systemId,
    })
  }

  async verify(): Promise<Reply> {
    return await send('POST', `${this.url}/api/v4/runners/verify`, {
      headers: { Accept: 'application/json' },
      json: { token: this.token, system_id: this.systemId },
    })
  }

  /** Unregisters: with a `glrt-` token only this manager, with any other token the whole runner. */
  async unregister(): Promise<Reply> {
    const created = this.token.startsWith('glrt-')
    return await send('DELETE', `${this.url}/api/v4/runners${created ? '/managers' : ''}`, {
      json: { token: this.token, ...(created && { system_id: this.systemId }) },
    })
  }

  /** Sends one `POST /jobs/request`; `members` are added to the body and take precedence. */
  async request(members: Readonly<Record<string, unknown>> = {}, signal?: AbortSignal): Promise<Reply> {
    const reply = await send('POST', `${this.url}/api/v4/jobs/request`, {
      headers: { Accept: 'application/json' },
      json: {
        info: info(this.features, true),
        token: this.token,
        system_id: this.systemId,
        ...(this.lastUpdate !== null && { last_update: this.lastUpdate }),
        ...members,
      },
      ...(signal && { signal }),
    })
    const lastUpdate = reply.headers.get('X-GitLab-Last-Update')
    if (lastUpdate) this.lastUpdate = lastUpdate
    return reply
  }

  /** Makes one request for a job. Returns null when it brought none. @throws on a refusal. */
  async tryTake(signal?: AbortSignal): Promise<TakenJob | null> {
    const reply = await this.request({}, signal)
    if (reply.status === 201) return new TakenJob(this.url, reply.json<JobPayload>())
    if (reply.status === 204 || reply.status === 409) return null
    throw new Error(`the job request was answered ${reply.status} ${reply.text}`)
  }

  /** Requests jobs until one comes. @throws after `requests` requests without one. */
  async take(requests = 20): Promise<TakenJob> {
    for (let asked = 0; asked < requests; asked++) {
      const job = await this.tryTake()
      if (job) return job
      // The follow-up of a job's end, such as a retry, comes a moment after the answer.
      await pause(asked * 10)
    }
    throw new Error(`no job after ${requests} requests`)
  }
}

/** At registration, the executor and its features are not known yet. */
export function info(features: Readonly<Record<string, boolean>>, executing = false): Record<string, unknown> {
  return {
    name: 'gitlab-runner',
    version: '18.5.0',
    revision: 'fa4e0000',
    platform: 'linux',
    architecture: 'amd64',
    ...(executing && { executor: 'shell', shell: 'bash' }),
    features,
    config: { gpus: '' },
  }
}
