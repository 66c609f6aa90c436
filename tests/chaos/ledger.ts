import { createHash } from 'node:crypto'
import type { TakenJob } from '../support/taken-job.ts'
import type { ArtifactPlan, JobPlan } from './plan.ts'

/** An artifact, and what the runner knows about it. */
export interface Upload {
  readonly type: string
  readonly bytes: number
  readonly sha256: string
  /** Whether a 201 was received. */
  stored: boolean
}

/** A job that a runner has taken: the runner's calls and their answers. */
export class Attempt {
  readonly job: TakenJob
  readonly plan: JobPlan
  readonly takenAt = Date.now()
  endedAt: number | null = null
  /** Bytes of the log that a 202 or a 416 has confirmed. */
  acknowledged = 0
  readonly uploads: Upload[] = []
  /** The final state, once it was sent. */
  reported: 'success' | 'failed' | null = null
  /** Whether the final state was answered 200. */
  reportTaken = false
  /** Whether any call with its token succeeded. */
  heard = false
  /** Patches that may have left an object behind, because they got no answer or 5xx. */
  patchesInDoubt = 0
  uploadsInDoubt = 0

  constructor(job: TakenJob, plan: JobPlan) {
    this.job = job
    this.plan = plan
  }

  get id(): number {
    return this.job.id
  }

  begin({ type, content }: ArtifactPlan): Upload {
    const upload = { type, bytes: content.length, sha256: sha256(content), stored: false }
    this.uploads.push(upload)
    return upload
  }
}

/** A submitted pipeline. */
export interface Pipeline {
  readonly number: number
  readonly jobs: readonly JobPlan[]
  readonly submittedAt: number
  /** False when the answer was lost, so that either the whole pipeline exists or nothing. */
  readonly certain: boolean
  /** Whether everything was compared and is correct. */
  verified: boolean
  /** Whether erasing has begun. A fault may interrupt it, so nothing is compared from then on. */
  erasing: boolean
  erased: boolean
}

/** All calls and their answers, as seen from outside. */
export class Ledger {
  readonly attempts = new Map<number, Attempt>()
  readonly pipelines: Pipeline[] = []
  /** Jobs that were asked to cancel, with the status in the answer; null when no answer came. */
  readonly canceled = new Map<number, string | null>()
  readonly counts = {
    patches: 0,
    logBytes: 0,
    resumed: 0,
    uploads: 0,
    artifactBytes: 0,
    downloads: 0,
    finished: 0,
    unanswered: 0,
    refusedByServer: 0,
    longestCallMs: 0,
  }
  readonly #plans = new Map<string, JobPlan>()
  readonly #byName = new Map<string, Attempt[]>()

  submit(pipeline: Pipeline): void {
    this.pipelines.push(pipeline)
  }

  /** Registers jobs before they are submitted: a runner may get a job before the submitter gets its answer. */
  expect(jobs: readonly JobPlan[]): void {
    for (const job of jobs) this.#plans.set(job.name, job)
  }

  plan(name: string): JobPlan | undefined {
    return this.#plans.get(name)
  }

  /** Returns whether a runner is working on one of its jobs. */
  isAtWork({ jobs }: Pipeline): boolean {
    return jobs.some(({ name }) => this.of(name).some(({ endedAt }) => endedAt === null))
  }

  /** Frees the memory of a job that was compared and erased. */
  forgetBytes(id: number): void {
    this.attempts.get(id)?.job.forget()
  }

  begin(attempt: Attempt): void {
    this.attempts.set(attempt.id, attempt)
    this.#byName.set(attempt.plan.name, [...this.of(attempt.plan.name), attempt])
  }

  /** Returns the attempts of a job that reached a runner, in order. */
  of(name: string): readonly Attempt[] {
    return this.#byName.get(name) ?? []
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
