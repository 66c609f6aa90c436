import { createHash } from 'node:crypto'
import type { TakenJob } from '../support/taken-job.ts'
import type { ArtifactPlan, JobPlan } from './plan.ts'

/** One artifact, and what the runner knows of it. */
export interface Upload {
  readonly type: string
  readonly bytes: number
  readonly sha256: string
  /** A 201 came. */
  stored: boolean
}

/** A job in the hands of a runner: what the runner did, and what it was told. */
export class Attempt {
  readonly job: TakenJob
  readonly plan: JobPlan
  readonly takenAt = Date.now()
  endedAt: number | null = null
  /** Bytes of the log that a 202 or a 416 has named as stored. */
  acknowledged = 0
  readonly uploads: Upload[] = []
  /** The final state that was sent at least once. */
  reported: 'success' | 'failed' | null = null
  /** It was answered 200. */
  reportTaken = false
  /** Any call with its token was answered with success. */
  heard = false
  /** Calls that may have left an object behind: they were not answered, or with 5xx. */
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
  /** False: the answer was lost, so all of it may be there or nothing. */
  readonly certain: boolean
  /** Everything was compared and is right. */
  verified: boolean
  /** A fault may interrupt it: from its beginning on nothing is compared any more. */
  erasing: boolean
  erased: boolean
}

/** Everything that was done and answered, seen from outside. */
export class Ledger {
  readonly attempts = new Map<number, Attempt>()
  readonly pipelines: Pipeline[] = []
  /** Jobs whose cancellation was asked for, with the status that was answered; null when no answer came. */
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

  /** Before they are submitted: a runner may have a job before the submitter has its answer. */
  expect(jobs: readonly JobPlan[]): void {
    for (const job of jobs) this.#plans.set(job.name, job)
  }

  plan(name: string): JobPlan | undefined {
    return this.#plans.get(name)
  }

  /** Whether a runner has one of its jobs in hand. */
  isAtWork({ jobs }: Pipeline): boolean {
    return jobs.some(({ name }) => this.of(name).some(({ endedAt }) => endedAt === null))
  }

  /** What was compared and erased needs no memory. */
  forgetBytes(id: number): void {
    this.attempts.get(id)?.job.forget()
  }

  begin(attempt: Attempt): void {
    this.attempts.set(attempt.id, attempt)
    this.#byName.set(attempt.plan.name, [...this.of(attempt.plan.name), attempt])
  }

  /** Attempts of a job that reached a runner, in order. */
  of(name: string): readonly Attempt[] {
    return this.#byName.get(name) ?? []
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
