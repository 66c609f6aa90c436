import { crc32, gzipSync } from 'node:zlib'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import type { Gateway } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { zipOf } from '../support/zip.ts'
import type { Random } from './random.ts'

/** Number of jobs that the runner has at a time. */
const JOBS = 8
/** Configurations compiled at the same time to start all threads of the compiler. */
const CONFIGURATIONS = 16

/** Real tokens and ids of one gateway, so that requests get past authentication. Renewed as requests use them up. */
export class World {
  readonly #gateway: Gateway
  readonly #admin: Admin
  runner: FakeRunner | null = null
  jobs: { id: number; token: string }[] = []
  projectIds: number[] = [1]
  cookie = ''
  #disturbed = false
  #usedUp = false
  readonly archive = zipOf([
    { name: 'a.txt', bytes: 'hello' },
    { name: 'dir/b.txt', bytes: 'b'.repeat(1000) },
  ])
  readonly report = gzipSync('VERSION=1\n')
  readonly checksum = crc32('hello')

  constructor(gateway: Gateway) {
    this.#gateway = gateway
    this.#admin = new Admin(gateway.url, { token: gateway.adminToken })
  }

  get adminToken(): string {
    return this.#gateway.adminToken
  }

  get registrationToken(): string {
    return this.#gateway.registrationToken
  }

  /** Notes a request that was carried out: some change what later ones need. */
  note(title: string, status: number): void {
    if (status >= 200 && status < 300 && /settings\.|_token|DELETE|runners\.|sign-out/.test(title))
      this.#disturbed = true
  }

  /** Whether something that most requests need was changed since the last repair. */
  get disturbed(): boolean {
    return this.#disturbed || this.#usedUp
  }

  /** Whether renewing the jobs was begun and failed. */
  get usedUp(): boolean {
    return this.#usedUp
  }

  /** Repairs what requests have broken. A failure here is caused by a request, too, and is retried later. */
  async restore(): Promise<void> {
    this.#disturbed = false
    await this.#admin.mutate('settings.update', {
      maintenance: false,
      projectRegistration: true,
      groupRegistration: true,
    })
    const verified = this.runner ? (await this.runner.verify()).status === 200 : false
    if (!verified) {
      const { token } = await this.#admin.mutate('runners.create', { runnerType: 'instance_type' })
      this.runner = await FakeRunner.withToken(this.#gateway.url, token)
    }
    const signedIn = await send('GET', `${this.#gateway.url}/trpc/settings.limits`, {
      headers: { Cookie: this.cookie },
    })
    if (signedIn.status !== 200) await this.#signIn()
  }

  /** Starts the threads that compile configurations: the heap of each would look like growth if it appeared later. */
  async startCompilers(): Promise<void> {
    const content = Array.from({ length: 200 }, (_, index) => `job ${index}: { script: [make, test], needs: [] }`).join(
      '\n',
    )
    const lint = () => this.#admin.query('pipelines.lint', { content })
    await Promise.all(Array.from({ length: CONFIGURATIONS }, lint))
  }

  /** Creates a new project with jobs, and removes the old one and everything else that piled up. */
  async renew(): Promise<void> {
    // Repeated until it completes.
    this.#usedUp = true
    await this.restore()
    const old = this.jobs
    const jobs: typeof this.jobs = []
    while (jobs.length < JOBS) {
      await this.#admin.mutate('jobs.create', { name: 'fuzz', definition: { script: ['true'] } })
      const job = await this.runner?.tryTake()
      if (!job) break
      jobs.push({ id: job.id, token: job.token })
    }
    if (jobs.length > 0) this.jobs = jobs
    for (const { id, token } of jobs.length > 0 ? old : []) {
      await send('PUT', `${this.#gateway.url}/api/v4/jobs/${id}`, { json: { token, state: 'success' } })
    }
    const path = `fuzz-${Date.now()}`
    const project = await this.#admin.mutate('projects.create', { path }).catch(() => null)
    if (project) this.projectIds = [1, project.id]
    await this.#prune()
    this.#usedUp = false
  }

  /** Removes accumulated webhooks, projects and runners: calls of webhooks and long lists would slow down a run. */
  async #prune(): Promise<void> {
    const kept: Readonly<Record<string, readonly unknown[]>> = {
      webhooks: [],
      projects: this.projectIds,
      runners: [this.runner?.id],
    }
    for (const [kind, ids] of Object.entries(kept)) {
      const { items } = await this.#admin.query<{ items: { id: number }[] }>(`${kind}.list`, { limit: 100 })
      for (const { id } of items)
        if (!ids.includes(id)) await this.#admin.mutate(`${kind}.remove`, { id }).catch(() => {})
    }
  }

  async #signIn(): Promise<void> {
    const reply = await send('POST', `${this.#gateway.url}/sign-in`, {
      body: new URLSearchParams({ token: this.adminToken }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
    })
    this.cookie = reply.headers.get('set-cookie')?.split(';', 1)[0] ?? this.cookie
  }

  /** Returns a real value for a parameter of this name, or undefined when there is none. */
  valueFor(random: Random, name: string): unknown {
    switch (name) {
      case 'id':
      case 'jobId':
        return random.chance(0.7) ? (random.pick(this.jobs)?.id ?? 1) : 1 + random.below(30)
      case 'projectId':
        return random.pick(this.projectIds)
      case 'runnerId':
        return this.runner?.id ?? 1
      // Never sends anything away from this machine.
      case 'url':
      case 'repoUrl':
      case 'repo_url':
        return random.pick(['http://127.0.0.1:9/hook', 'https://127.0.0.1:9/a.git', 'http://user:secret@127.0.0.1:9/'])
      case 'definition':
        return { script: ['true'], tags: random.chance(0.2) ? ['x'] : [], when: random.pick(['on_success', 'manual']) }
      case 'cursor':
        return String(random.below(100))
      case 'from':
      case 'lastEventId':
        return random.below(20)
      default:
        return undefined
    }
  }
}
