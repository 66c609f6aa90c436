import { requiredFeatures } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { JobDamaged, JobNewer, JobNotFound } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import { isFinished, type JobStatus } from '../jobs/job.ts'
import { type Rule, type Unfit, unfit } from '../jobs/matching.ts'
import type { HoldingUp } from '../ports.ts'
import { announcedFeatures, matchedFeatures } from '../runners/features.ts'
import type { Services } from '../services.ts'
import { explainSkip, type SkipExplanation } from './explain-skip.ts'

interface RunnerExplanation {
  readonly runnerId: number
  readonly description: string | null
  readonly fits: boolean
  /** The rule that excludes the runner, or null. */
  readonly rule: Rule | null
  /** A sentence for people. */
  readonly detail: string
  readonly runningJobs: number
}

interface HoldUpExplanation extends HoldingUp {
  /** A sentence for people. */
  readonly detail: string
}

export interface Explanation {
  /** The instance assigns no jobs at present, whatever the runners are. */
  readonly maintenance: boolean
  readonly jobId: number
  readonly status: JobStatus
  /** The jobs that hold it up. */
  readonly waitsFor: readonly HoldUpExplanation[]
  /** Why it was skipped; null for a job that was not. */
  readonly skip: SkipExplanation | null
  /** The child pipeline whose end a trigger job waits for; null for other jobs, and when it is not there yet. */
  readonly waitsForPipelineId: number | null
  /** What the reason of a failed job leaves open, in words; null when nothing, and for other jobs. */
  readonly failureDetail: string | null
  /** None for a trigger job, which the server starts by itself. */
  readonly runners: readonly RunnerExplanation[]
}

const MOST_RUNNERS = 500

/**
 * Explains to a person why a job waits: says for each runner whether it could take the job now, and if not, why. The
 * runners that come closest come first. For a job that is not queued yet, `waitsFor` lists the jobs that must end
 * first. For a failed job, `failureDetail` says why; for a skipped one, `skip` does.
 */
export async function explainJob(
  { jobs, runners, settings, contacts, clock }: Pick<Services, 'jobs' | 'runners' | 'settings' | 'contacts' | 'clock'>,
  id: number,
): Promise<Result<Explanation, JobNotFound | JobDamaged | JobNewer>> {
  await contacts.flush()
  const [job, definition, waitsFor, isRemoved] = await Promise.all([
    jobs.find(id),
    jobs.definition(id),
    jobs.heldUpBy(id),
    isOfRemovedProject({ jobs }, id),
  ])
  if (!job) return err({ kind: 'job_not_found', id })
  if (definition === 'newer') return err({ kind: 'job_newer', id })
  if (!definition) return err({ kind: 'job_damaged', id })
  const explained = waitsFor.map((other) => ({ ...other, detail: holdUp(other, job.resourceGroup) }))
  const skip = job.status === 'skipped' ? explainSkip(definition.when, await jobs.beforeSkipped(id)) : null
  const ofJob = { jobId: id, status: job.status, waitsFor: explained, skip, failureDetail: job.failureDetail }
  if (job.kind === 'trigger') {
    const waitsForPipelineId = isFinished(job.status) ? null : job.downstreamPipelineId
    return ok({ ...ofJob, maintenance: false, waitsForPipelineId, runners: [] })
  }
  const needs = { protected: job.protected, tags: job.tags, requiredFeatures: requiredFeatures(definition) }
  const { maintenance } = await settings.get()
  const now = clock.now()

  const candidates = (await runners.candidatesFor(job, MOST_RUNNERS)).map((runner) => {
    // A runner that announced nothing has only been verified: its features are unknown.
    const isKnown = announcedFeatures(runner.features).length > 0
    const features = isKnown ? new Set(matchedFeatures(runner.features)) : null
    const excluded = isRemoved ? OF_REMOVED_PROJECT : unfit({ ...runner, features }, needs, now)
    return {
      runnerId: runner.id,
      description: runner.description,
      fits: excluded === null && !maintenance,
      rule: excluded?.rule ?? null,
      detail: excluded?.detail ?? (maintenance ? IN_MAINTENANCE : busyness(runner.runningJobs)),
      runningJobs: runner.runningJobs,
    }
  })
  // Sorting keeps the order of runners that are equally close.
  candidates.sort((a, b) => distance(a) - distance(b))
  return ok({ ...ofJob, maintenance, waitsForPipelineId: null, runners: candidates })
}

const OF_REMOVED_PROJECT: Unfit = { rule: 'scope', detail: 'The project has been removed: its jobs do not run.' }

const IN_MAINTENANCE = 'The runner fits; during maintenance no job is assigned.'

const CLOSEST_FIRST: readonly Rule[] = [
  'offline',
  'never_contacted',
  'paused',
  'feature',
  'untagged',
  'tags',
  'protection',
  'scope',
]

/** How far a runner is from taking the job: free, busy with other jobs, or excluded by a rule. */
const distance = ({ rule, runningJobs }: RunnerExplanation): number =>
  rule === null ? (runningJobs > 0 ? -1 : -2) : CLOSEST_FIRST.indexOf(rule)

function holdUp({ reason, status, pipelineId }: HoldingUp, group: string | null): string {
  if (reason === 'dependency') return 'Whether this job runs is decided when that one has ended.'
  if (reason === 'has_resource') return `It has the resource ${group}.`
  const [age, mode] = reason === 'older_pipeline' ? ['older', 'oldest'] : ['newer', 'newest']
  const state = status === 'waiting_for_resource' ? 'it waits for the resource too' : 'it is not ready yet'
  return `It is in pipeline ${pipelineId}, which is ${age}: the ${mode} comes first in ${group}, and ${state}.`
}

function busyness(runningJobs: number): string {
  if (runningJobs === 0) return 'The runner fits and runs nothing now.'
  return `The runner fits; it runs ${runningJobs} ${runningJobs === 1 ? 'job' : 'jobs'} now.`
}
