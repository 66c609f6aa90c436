import { setTimeout as pause } from 'node:timers/promises'
import type { Reply } from '../support/http.ts'
import type { TakenJob } from '../support/taken-job.ts'
import { type Attempt, sha256 } from './ledger.ts'
import type { ArtifactPlan, AttemptPlan } from './plan.ts'
import type { Scene } from './scene.ts'

/** gitlab-runner gives up on a call after minutes; this runner does so sooner, to repeat more calls. */
const CALL_MS = 30_000
const INTERVAL_MS = 250
/** Longer than any outage, because a job that a runner gives up on cannot be compared. */
const PATIENCE_MS = 180_000
const LARGEST_PATCH = 1_048_576

/** What the runner does after an answer: continue, repeat the call, or abandon the job. */
type Reading = 'done' | 'again' | 'over'

/**
 * A job that a runner is working on. It sends and repeats what gitlab-runner would
 * (`docs/protocol/client.md 6, 7 and 9`).
 */
export class RunningJob {
  readonly #scene: Scene
  readonly #attempt: Attempt
  readonly #plan: AttemptPlan
  readonly #job: TakenJob
  /** Offset of the next patch. */
  #next = 0
  /** Whether the server has asked the script to stop, and waits for the final update. */
  #canceling = false
  #over = false

  constructor(scene: Scene, attempt: Attempt, plan: AttemptPlan) {
    this.#scene = scene
    this.#attempt = attempt
    this.#plan = plan
    this.#job = attempt.job
  }

  async run(): Promise<void> {
    await this.#insist('the confirmation', () => this.#put({ state: 'running', output: {} }))
    await this.#fetchDependencies()
    for (const { bytes, pause: ms } of this.#plan.pieces) {
      if (this.#over || this.#canceling) break
      await pause(ms)
      this.#job.write(bytes)
      // Sent once: bytes that are not accepted go with the next piece.
      await this.#push()
    }
    for (const artifact of this.#plan.artifacts) await this.#upload(artifact)
    await this.#finish()
  }

  async #finish(): Promise<void> {
    if (this.#over) return
    const failed = this.#plan.fails || this.#canceling
    await this.#insist('the log', async () => {
      const reading = await this.#push()
      return reading === 'done' && this.#next < this.#job.log.length ? 'again' : reading
    })
    if (this.#over) return
    const state = failed ? 'failed' : 'success'
    const { checksum, log } = this.#job
    this.#attempt.reported = state
    await this.#insist('the final update', async () => {
      const reading = await this.#put({
        state,
        ...(failed && { failure_reason: this.#canceling ? 'job_canceled' : 'script_failure', exit_code: 1 }),
        checksum,
        output: { checksum, bytesize: log.length },
      })
      if (reading === 'done') this.#attempt.reportTaken = true
      return reading
    })
  }

  /** Repeats a call until it succeeds or the job is over. */
  async #insist(what: string, call: () => Promise<Reading>): Promise<void> {
    const until = Date.now() + PATIENCE_MS
    while (!this.#over) {
      const reading = await call()
      if (reading === 'done') return
      if (Date.now() > until) return this.#wrong(`${what} was not accepted for ${PATIENCE_MS / 1000} s`)
      await pause(INTERVAL_MS)
    }
  }

  async #put(members: Readonly<Record<string, unknown>>): Promise<Reading> {
    return this.#read('PUT', await this.#call((signal) => this.#job.put(members, { signal })), 200)
  }

  /** Sends one patch with bytes that are not stored yet. */
  async #push(): Promise<Reading> {
    if (this.#over) return 'over'
    const { ledger } = this.#scene
    const bytes = this.#job.log.subarray(this.#next, this.#next + LARGEST_PATCH)
    if (bytes.length === 0) return 'done'
    const reply = await this.#call((signal) => this.#job.patch(this.#next, bytes, { signal }))
    if (reply === null || reply.status >= 500) this.#attempt.patchesInDoubt += 1
    if (reply?.status === 416) {
      ledger.counts.resumed += 1
      this.#resumeAt(Number(/^0-(\d+)$/.exec(reply.headers.get('Range') ?? '')?.[1]))
      return 'again'
    }
    const reading = this.#read('PATCH', reply, 202)
    if (reading === 'done') {
      this.#next += bytes.length
      this.#attempt.acknowledged = this.#next
      ledger.counts.patches += 1
      ledger.counts.logBytes += bytes.length
      const range = reply?.headers.get('Range')
      if (range !== `0-${this.#next}`) this.#wrong(`a patch up to ${this.#next} was answered 202 with Range ${range}`)
    }
    return reading
  }

  #resumeAt(size: number): void {
    const { acknowledged } = this.#attempt
    if (!(size >= acknowledged))
      this.#wrong(`${acknowledged} bytes of its log had been accepted, then 416 named ${size}`)
    if (!(size <= this.#job.log.length)) {
      this.#wrong(`416 named ${size} bytes, more than were ever sent`)
      return
    }
    this.#next = size
    this.#attempt.acknowledged = Math.max(acknowledged, size)
  }

  async #upload(plan: ArtifactPlan): Promise<void> {
    if (this.#over) return
    const { type, format, filename, content } = plan
    const upload = this.#attempt.begin(plan)
    const { counts } = this.#scene.ledger
    await this.#insist(`the artifact ${type}`, async () => {
      const reply = await this.#call((signal) => this.#job.upload(content, { type, format, filename, signal }))
      if (reply === null || reply.status >= 500) this.#attempt.uploadsInDoubt += 1
      const reading = this.#read('upload', reply, 201)
      if (reading === 'done') {
        upload.stored = true
        counts.uploads += 1
        counts.artifactBytes += content.length
      }
      return reading
    })
  }

  async #fetchDependencies(): Promise<void> {
    for (const dependency of this.#job.payload.dependencies) {
      if (!dependency.artifacts_file?.filename) continue
      const stored = this.#scene.ledger.attempts.get(dependency.id)?.uploads.find(({ type }) => type === 'archive')
      await this.#insist(`the artifact of job ${dependency.id}`, async () => {
        const reply = await this.#call((signal) =>
          this.#job.download(dependency.id, { token: dependency.token, signal }),
        )
        const reading = this.#read('download', reply, 200)
        if (reading !== 'done' || !reply) return reading
        this.#scene.ledger.counts.downloads += 1
        if (sha256(reply.body) !== stored?.sha256) this.#wrong(`the artifact of job ${dependency.id} arrived changed`)
        return reading
      })
    }
  }

  /** @returns null when no answer came. */
  async #call(send: (signal: AbortSignal) => Promise<Reply>): Promise<Reply | null> {
    const { counts } = this.#scene.ledger
    const begun = performance.now()
    try {
      return await send(AbortSignal.timeout(CALL_MS))
    } catch {
      counts.unanswered += 1
      return null
    } finally {
      counts.longestCallMs = Math.max(counts.longestCallMs, performance.now() - begun)
    }
  }

  #read(what: string, reply: Reply | null, expected: number): Reading {
    if (reply === null) return 'again'
    const { status, headers, text } = reply
    const jobStatus = headers.get('Job-Status')
    if (jobStatus === 'canceling') this.#canceling = true
    if (status === 403 || jobStatus === 'canceled' || (jobStatus === 'failed' && status !== expected)) {
      if (status === 403 && jobStatus === null) this.#wrong(`${what} was refused without a reason: ${text}`)
      // As in gitlab-runner, an order to stop takes precedence over the status, except when it confirms our own report.
      if (status !== expected) {
        this.#over = true
        return 'over'
      }
    }
    if (status === expected) {
      this.#attempt.heard = true
      if (what !== 'PUT' && jobStatus === 'canceled') this.#over = true
      return 'done'
    }
    if (status >= 500) this.#scene.ledger.counts.refusedByServer += 1
    else if (![202, 409, 412, 429].includes(status)) this.#wrong(`${what} was answered ${status} ${text}`)
    return 'again'
  }

  #wrong(sentence: string): void {
    const { id, plan, takenAt } = this.#attempt
    this.#scene.report.difference(`job ${id} (${plan.name}): ${sentence}`, takenAt)
  }
}
