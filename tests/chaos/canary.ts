import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { send } from '../support/http.ts'
import { notNull } from '../support/not-null.ts'
import type { JobPayload } from '../support/payload.ts'
import { TakenJob } from '../support/taken-job.ts'
import type { Member } from './fleet.ts'
import { patiently } from './patiently.ts'
import type { Report } from './report.ts'

const PROBE_MS = 10_000

/** A job that runs throughout the chaos. A gateway has recovered when it accepts a patch of this job's log. */
export class Canary {
  readonly #payload: JobPayload
  readonly #report: Report
  readonly #job: TakenJob
  #stored = 0
  /** Probes run one at a time, because a log has one sender. */
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(url: string, payload: JobPayload, report: Report) {
    this.#payload = payload
    this.#report = report
    this.#job = new TakenJob(url, payload)
  }

  static async start(url: string, admin: Admin, report: Report): Promise<Canary> {
    const { id, registrationToken } = await admin.mutate('projects.create', {
      path: 'canary',
      instanceRunnersEnabled: false,
    })
    const definition = { script: ['true'], timeout: '2 days' }
    await admin.mutate('jobs.create', { projectId: id, name: 'canary', definition })
    const runner = await FakeRunner.register(url, notNull(registrationToken))
    const reply = await runner.request()
    const canary = new Canary(url, reply.json<JobPayload>(), report)
    // A job without any request counts as never accepted.
    if (!(await canary.#patch(url))) throw new Error('the canary’s first patch was not accepted')
    return canary
  }

  /** Returns whether this gateway is ready, receives events, and stores patches. */
  async probe({ gateway }: Member): Promise<boolean> {
    if (!gateway?.running) return false
    try {
      const { url } = gateway
      const ready = await send('GET', `${url}/readyz`, { signal: AbortSignal.timeout(PROBE_MS) })
      if (ready.status !== 200 || ready.json<{ events: string }>().events !== 'ok') return false
      const patched = this.#turn.then(() => this.#patch(url))
      this.#turn = patched.catch(() => undefined)
      return await patched
    } catch {
      return false
    }
  }

  /** Ends the job and compares its log. */
  async finish(admin: Admin): Promise<void> {
    const { id } = this.#payload
    for (let tries = 0; tries < 20 && this.#stored < this.#job.log.length; tries++) {
      await this.#patch(admin.url).catch(() => pause(300))
    }
    const { checksum, log } = this.#job
    const end = { state: 'success', checksum, output: { checksum, bytesize: log.length } }
    const reply = await patiently(() => this.#job.put(end))
    // A repeated update after an accepted one is refused with the job's status.
    if (reply.status !== 200 && reply.headers.get('Job-Status') !== 'success') {
      this.#report.difference(`the end of the canary was answered ${reply.status} ${reply.text}`)
    }
    const stored = await patiently(() => admin.log(id))
    if (!stored.equals(log)) this.#report.difference(`the log of the canary (job ${id}) differs from what was sent`)
    await patiently(() => admin.mutate('jobs.erase', { id }))
  }

  /** @returns whether the log so far is stored. */
  async #patch(url: string): Promise<boolean> {
    if (this.#stored === this.#job.log.length) this.#job.write(`${new Date().toISOString()} still here\n`)
    const bytes = this.#job.log.subarray(this.#stored)
    const through = new TakenJob(url, this.#payload)
    const reply = await through.patch(this.#stored, bytes, { signal: AbortSignal.timeout(PROBE_MS) })
    if (reply.status === 202) {
      this.#stored += bytes.length
      return true
    }
    if (reply.status === 403) this.#report.difference(`a patch of the canary was refused: ${reply.text}`)
    if (reply.status !== 416) return false
    const size = Number(/^0-(\d+)$/.exec(reply.headers.get('Range') ?? '')?.[1])
    if (!(size >= this.#stored && size <= this.#job.log.length)) {
      this.#report.difference(`${this.#stored} bytes of the canary’s log had been accepted, then 416 named ${size}`)
    }
    this.#stored = size
    return false
  }
}
