import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'

const GITHUB_STYLE = z.strictObject({
  state: z.enum(['error', 'failure', 'pending', 'success']),
  target_url: z.url({ protocol: /^https?$/ }),
  description: z.string().max(140),
  context: z.string().min(1).max(255),
})

const GITLAB = z.strictObject({
  state: z.enum(['pending', 'running', 'success', 'failed', 'canceled', 'skipped']),
  name: z.string().min(1).max(255),
  target_url: z
    .url({ protocol: /^https?$/ })
    .max(255)
    .optional(),
  description: z.string().max(255),
  ref: z.string().min(1).optional(),
})

const SHA = '(?<sha>[0-9a-f]{40}|[0-9a-f]{64})'

/** What each forge documents of `POST …/statuses/:sha`: its path, its authentication and its body. */
const DOCUMENTED = {
  gitea: { path: `/api/v1/repos/harbour/lantern/statuses/${SHA}`, headers: { authorization: 'token ' } },
  forgejo: { path: `/api/v1/repos/harbour/lantern/statuses/${SHA}`, headers: { authorization: 'token ' } },
  github: {
    path: `/api/v3/repos/harbour/lantern/statuses/${SHA}`,
    headers: { authorization: 'Bearer ', accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  },
  gitlab: { path: `/api/v4/projects/harbour%2Flantern/statuses/${SHA}`, headers: { 'private-token': '' } },
} as const

export type ForgeKind = keyof typeof DOCUMENTED

export interface PostedStatus {
  readonly sha: string
  readonly context: string
  readonly state: string
  readonly description: string
  readonly target_url: string | undefined
  readonly ref: string | undefined
}

type Script = { status: number; body?: string; headers?: Record<string, string> } | 'cut' | 'silence' | 'take'

/**
 * A forge that takes statuses of the repository `harbour/lantern` as its API documents it, and fails a test for a call
 * that it does not document.
 */
export class ScriptedForge implements AsyncDisposable {
  static readonly TOKEN = 'a-token-of-the-forge'
  readonly kind: ForgeKind
  /** Calls that were accepted, in the order of their answers. */
  readonly posted: PostedStatus[] = []
  /** Sentences about calls that are not as documented. */
  readonly faults: string[] = []
  /** All calls, accepted or not. */
  calls = 0
  /** The most calls at a time for one commit and context. */
  mostAtOnce = 0
  /** Says what happens to a call: an answer, no answer, a cut connection, or that it is taken. */
  script: (status: PostedStatus, call: number) => Script | Promise<Script> = () => 'take'
  readonly #underWay = new Map<string, number>()
  readonly #server = createServer((req, res) => void this.#answer(req, res))

  constructor(kind: ForgeKind) {
    this.kind = kind
  }

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** The page of the repository. */
  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/harbour/lantern`
  }

  /** The settings of a project whose statuses go here. */
  get target() {
    return { forge: this.kind, address: this.address, token: ScriptedForge.TOKEN }
  }

  /** Returns the states of a context, in the order in which they were accepted. */
  states(context: string): string[] {
    return this.posted.filter((status) => status.context === context).map(({ state }) => state)
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const call = this.calls++
    let text = ''
    for await (const piece of req.setEncoding('utf8')) text += piece
    const status = this.#checked(req, text)
    if (!status)
      return void res.writeHead(400, { 'content-type': 'application/json' }).end('{"message":"undocumented"}')
    const key = `${status.sha} ${status.context}`
    const atOnce = (this.#underWay.get(key) ?? 0) + 1
    this.#underWay.set(key, atOnce)
    this.mostAtOnce = Math.max(this.mostAtOnce, atOnce)
    const script = await this.script(status, call)
    this.#underWay.set(key, (this.#underWay.get(key) ?? 0) - 1)
    if (script === 'silence') return
    if (script === 'cut') return void res.destroy()
    if (script !== 'take') {
      return void res.writeHead(script.status, script.headers).end(script.body ?? '{"message":"scripted"}')
    }
    const refusal = this.#refusal(status)
    if (refusal) return void res.writeHead(400).end(JSON.stringify({ message: refusal }))
    this.posted.push(status)
    res.writeHead(201, { 'content-type': 'application/json' }).end('{"id":1}')
  }

  #checked(req: IncomingMessage, text: string): PostedStatus | null {
    const { path, headers } = DOCUMENTED[this.kind]
    const fault = (sentence: string) => {
      this.faults.push(`${req.method} ${req.url}: ${sentence}`)
      return null
    }
    const sha = new RegExp(`^${path}$`).exec(req.url ?? '')?.groups?.sha
    if (req.method !== 'POST' || sha === undefined) return fault('no such endpoint')
    for (const [name, value] of Object.entries(headers)) {
      const isAuthentication = name === 'authorization' || name === 'private-token'
      const expected = isAuthentication ? `${value}${ScriptedForge.TOKEN}` : value
      if (req.headers[name] !== expected) return fault(`the header ${name} is ${req.headers[name]}`)
    }
    if (!/^Yardmaster\//.test(req.headers['user-agent'] ?? '')) return fault('no User-Agent')
    if (req.headers['content-type'] !== 'application/json') return fault('the body is not said to be JSON')
    const body: unknown = JSON.parse(text)
    if (this.kind === 'gitlab') {
      const parsed = GITLAB.safeParse(body)
      if (!parsed.success) return fault(z.prettifyError(parsed.error))
      const { name, state, description, target_url, ref } = parsed.data
      return { sha, context: name, state, description, target_url, ref }
    }
    const parsed = GITHUB_STYLE.safeParse(body)
    return parsed.success ? { sha, ref: undefined, ...parsed.data } : fault(z.prettifyError(parsed.error))
  }

  /** GitLab keeps one status at a time until it is finished, which can't be given a state that it has or had. */
  #refusal({ sha, context, state }: PostedStatus): string | null {
    if (this.kind !== 'gitlab') return null
    const last = this.posted.findLast((earlier) => earlier.sha === sha && earlier.context === context)?.state
    const isStuck =
      (last === 'pending' && state === 'pending') || (last === 'running' && /^(pending|running)$/.test(state))
    return isStuck ? `Cannot transition status via :${state === 'running' ? 'run' : 'enqueue'} from :${last}` : null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }
}
