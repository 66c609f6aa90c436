import { requiredFeatures } from '@yardmaster/ci-config'
import { err, ok, type Result } from '@yardmaster/common'
import type { JobDamaged, JobNewer, JobNotFound } from '../errors.ts'
import { isOfRemovedProject } from '../jobs/is-of-removed-project.ts'
import { isExecuting, isFinished, type Job } from '../jobs/job.ts'
import { type Rule, type Unfit, unfit } from '../jobs/matching.ts'
import type { HoldingUp } from '../ports.ts'
import { announcedFeatures, matchedFeatures } from '../runners/features.ts'
import type { Services } from '../services.ts'
import { explainFailedBefore } from './explain-failed-before.ts'
import { explainSkip } from './explain-skip.ts'
import type { Explanation, RunnerExplanation } from './explanation.ts'
import { MOST_AHEAD, MOST_RUNNERS, summarizeWait } from './summarize-wait.ts'

/**
 * Explains to a person why a job waits: says for each runner whether it could take the job now, and if not, why. The
 * runners that come closest come first. For a job that is not queued yet, `waitsFor` lists the jobs that must end
 * first. For a failed job, `failureDetail` says why; for a skipped one, `skip` does.
 */
export async function explainJob(
  services: Pick<Services, 'jobs' | 'runners' | 'settings' | 'contacts' | 'clock'>,
  id: number,
): Promise<Result<Explanation, JobNotFound | JobDamaged | JobNewer>> {
  const { jobs, settings } = services
  const [job, definition, waitsFor, isRemoved] = await Promise.all([
    jobs.find(id),
    jobs.definition(id),
    jobs.heldUpBy(id),
    isOfRemovedProject({ jobs }, id),
  ])
  if (!job) return err({ kind: 'job_not_found', id })
  if (definition === 'newer') return err({ kind: 'job_newer', id })
  if (!definition) return err({ kind: 'job_damaged', id })

  const isBuild = job.kind === 'build'
  const maintenance = isBuild && (await settings.get()).maintenance
  const isTaken = isExecuting(job.status) || isFinished(job.status)
  const needs = { ...job, requiredFeatures: requiredFeatures(definition) }
  const runners = isBuild && !isTaken ? await explainRunners(services, needs, { maintenance, isRemoved }) : []
  const before =
    job.status === 'skipped' || job.status === 'created' ? await jobs.unsuccessfulBefore(id) : NOTHING_BEFORE
  const facts = {
    ...{ maintenance, jobId: id, status: job.status },
    ahead: isBuild && job.status === 'pending' ? await countAhead(services, id, runners) : null,
    startsAt: job.status === 'scheduled' ? job.scheduledAt : null,
    failedBefore: job.status === 'created' ? explainFailedBefore(definition.when, before) : null,
    waitsFor: waitsFor.map((other) => ({ ...other, detail: holdUp(other, job.resourceGroup) })),
    skip: job.status === 'skipped' ? explainSkip(definition.when, before) : null,
    waitsForPipelineId: isBuild || isFinished(job.status) ? null : job.downstreamPipelineId,
    failureDetail: job.failureDetail,
    runners,
  }
  return ok({ ...facts, summary: summarizeWait(job, { ...facts, isOfRemovedProject: isRemoved }) })
}

const NOTHING_BEFORE = { byStage: true, jobs: [] }

type Needs = Pick<Job, 'projectId' | 'protected' | 'tags'> & { readonly requiredFeatures: readonly string[] }

async function explainRunners(
  { runners, contacts, clock }: Pick<Services, 'runners' | 'contacts' | 'clock'>,
  needs: Needs,
  { maintenance, isRemoved }: { readonly maintenance: boolean; readonly isRemoved: boolean },
): Promise<RunnerExplanation[]> {
  await contacts.flush()
  const now = clock.now()
  const candidates = (await runners.candidatesFor(needs, MOST_RUNNERS)).map((runner) => {
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
  return candidates.sort((a, b) => distance(a) - distance(b))
}

/** During maintenance, runners fit that would take it otherwise. */
async function countAhead(
  { jobs }: Pick<Services, 'jobs'>,
  id: number,
  runners: readonly RunnerExplanation[],
): Promise<number | null> {
  const fitting = runners.filter(({ rule }) => rule === null).map(({ runnerId }) => runnerId)
  return fitting.length === 0 ? null : await jobs.countAhead(id, fitting, MOST_AHEAD + 1)
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
