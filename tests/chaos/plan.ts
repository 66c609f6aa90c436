import { zipOf } from '../support/zip.ts'
import { Random, someText } from './random.ts'

/** A job of a pipeline, and the course of its attempts. */
export interface JobPlan {
  readonly name: string
  readonly stage: 'build' | 'test' | 'deploy'
  /** Names of the jobs that must pass first. */
  readonly after: readonly string[]
  /** Whether it waits by `needs`; otherwise by its stage. */
  readonly byNeeds: boolean
  readonly retries: number
  /** How many attempts fail before one passes. */
  readonly failures: number
  readonly withArtifacts: boolean
  /** Milliseconds from its creation to its cancellation; null for none. */
  readonly canceledAfter: number | null
}

const KIB = 1024
const MIB = 1024 * KIB

/** Plans the jobs of the pipeline with this number. */
export function planPipeline(seed: number, number: number): readonly JobPlan[] {
  const random = new Random(seed, 'pipeline', number)
  const plan = (name: string, members: Partial<JobPlan> = {}): JobPlan => ({
    name: `p${number}-${name}`,
    stage: 'build',
    after: [],
    byNeeds: false,
    retries: 0,
    failures: random.chance(0.08) ? 1 : 0,
    withArtifacts: random.chance(0.4),
    canceledAfter: random.chance(0.12) ? random.whole(0, 3_000) : null,
    ...members,
  })
  const kind = random.next()
  if (kind < 0.4) {
    const build = plan('build', { withArtifacts: true })
    const test = plan('test', { stage: 'test', after: [build.name], byNeeds: true })
    return [build, test, plan('deploy', { stage: 'deploy', after: [build.name, test.name] })]
  }
  if (kind < 0.75) {
    const flaky = plan('flaky', { retries: random.whole(1, 2), failures: random.whole(0, 3), canceledAfter: null })
    return [flaky, plan('after-flaky', { stage: 'test', after: [flaky.name], byNeeds: true })]
  }
  return [plan('one'), plan('two')]
}

/** Returns the job as input of `jobs.createMany`. */
export function definitionOf({ name, stage, after, byNeeds, retries, withArtifacts }: JobPlan): object {
  return {
    name,
    stage,
    definition: {
      script: ['true'],
      ...(byNeeds && { needs: after }),
      ...(retries > 0 && { retry: retries }),
      ...(withArtifacts && { artifacts: { paths: ['out/'] } }),
    },
  }
}

interface Piece {
  readonly bytes: Buffer
  /** Pause before it is written, in milliseconds. */
  readonly pause: number
}

export interface ArtifactPlan {
  readonly type: string
  readonly format: string
  readonly filename: string
  readonly content: Buffer
}

/** What a runner does in one attempt of a job. */
export interface AttemptPlan {
  readonly fails: boolean
  readonly pieces: readonly Piece[]
  readonly artifacts: readonly ArtifactPlan[]
}

/** @param attempt - counted from 1, among those that reached a runner. */
export function planAttempt(seed: number, job: JobPlan, attempt: number): AttemptPlan {
  const random = new Random(seed, job.name, attempt)
  const pieces: Piece[] = [{ bytes: Buffer.from(`attempt ${attempt} of ${job.name}\n`), pause: 0 }]
  for (let left = random.whole(1, 6); left > 0; left--) {
    pieces.push({ bytes: someText(random, pieceBytes(random)), pause: random.whole(20, 400) })
  }
  const artifacts: ArtifactPlan[] = []
  if (job.withArtifacts) {
    const content = archive(random, job.name)
    artifacts.push({ type: 'archive', format: 'zip', filename: 'artifacts.zip', content })
    if (random.chance(0.3)) {
      const report = someText(random, random.whole(10, 20 * KIB))
      artifacts.push({ type: 'junit', format: 'gzip', filename: 'junit.xml.gz', content: report })
    }
  }
  return { fails: attempt <= job.failures, pieces, artifacts }
}

/** Returns an odd size: mostly small, at times more than fits into one patch. */
function pieceBytes(random: Random): number {
  const kind = random.next()
  if (kind < 0.3) return random.whole(1, 100)
  if (kind < 0.9) return random.whole(100, 20 * KIB)
  if (kind < 0.985) return random.whole(20 * KIB, 200 * KIB)
  return random.whole(MIB, 2.5 * MIB)
}

/** Returns at times a real archive, which has a listing, and at times one large enough for a multipart upload to S3. */
function archive(random: Random, name: string): Buffer {
  if (random.chance(0.02)) return someText(random, random.whole(5 * MIB, 8 * MIB))
  const bytes = someText(random, random.whole(1, 200 * KIB))
  return random.chance(0.6) ? zipOf([{ name: `${name}.txt`, bytes, stored: true }]) : bytes
}
