import { type FINISHED, isExecuting, isFinished, type Job, type JobStatus } from '../jobs/job.ts'
import type { Explanation } from './explanation.ts'

const MAINTENANCE = 'The instance is in maintenance: no jobs are handed out until it ends.'

/** The most runners that are looked at. */
export const MOST_RUNNERS = 500

/** The highest count of jobs before another one. */
export const MOST_AHEAD = 10_000

type Facts = Omit<Explanation, 'summary'> & { readonly isOfRemovedProject: boolean }

/**
 * Says in one sentence why a job waits, or that it does not wait. It says what is known, and predicts nothing: who takes
 * a job, and when, is decided by runners as they ask. It ends with a colon when jobs follow.
 */
export function summarizeWait(job: Job, facts: Facts): string {
  if (isFinished(job.status)) {
    if (facts.isOfRemovedProject) return `${ENDED[job.status]} ${NEVER_AGAIN}`
    return facts.skip?.detail ?? ENDED[job.status]
  }
  if (facts.isOfRemovedProject) return 'Its project has been removed: its jobs do not run.'
  if (!facts.maintenance || isExecuting(job.status)) return ofStatus(job, job.status, facts)
  if (job.status !== 'pending') return `${MAINTENANCE} ${ofStatus(job, job.status, facts)}`
  return facts.ahead === null ? MAINTENANCE : `${MAINTENANCE} ${capitalised(before(facts.ahead))}.`
}

function ofStatus(job: Job, status: Exclude<JobStatus, (typeof FINISHED)[number]>, facts: Facts): string {
  switch (status) {
    case 'pending':
      return job.kind === 'trigger' ? 'Its child pipeline has not been started yet.' : ofQueued(facts)
    case 'created':
      return facts.failedBefore?.detail ?? ofCreated(facts)
    case 'waiting_for_resource':
      return ofResource(job, facts)
    case 'preparing':
      return 'It is being prepared.'
    case 'manual':
      return facts.waitsForPipelineId === null
        ? 'It waits for a person, who has to play it.'
        : `Its child pipeline, ${facts.waitsForPipelineId}, waits for a person.`
    case 'scheduled':
      return job.scheduledAt === null
        ? 'It is delayed.'
        : `It is delayed: it is queued at ${job.scheduledAt.toISOString()}, or when a person plays it.`
    case 'running':
      return facts.waitsForPipelineId === null
        ? 'It is running.'
        : `It waits for the end of pipeline ${facts.waitsForPipelineId}.`
    case 'canceling':
      return 'It is being canceled: its runner has to confirm that.'
  }
}

const NEVER_AGAIN = 'Its project has been removed, so it does not run again.'

const ENDED = {
  success: 'It has ended: it succeeded.',
  failed: 'It has ended: it failed.',
  canceled: 'It has ended: it was canceled.',
  skipped: 'It was skipped.',
} as const

function ofQueued({ runners, ahead }: Facts): string {
  if (runners.length === 0) return 'There are no runners yet.'
  const fitting = runners.filter(({ fits }) => fits)
  if (fitting.length === 0) return 'No runner can take it. It waits until one fits.'
  const working = fitting.filter(({ runningJobs }) => runningJobs > 0).length
  const areMore = runners.length === MOST_RUNNERS
  return `${areMore ? 'At least ' : ''}${online(fitting.length, working)}; ${before(ahead ?? 0)}.`
}

function online(fitting: number, working: number): string {
  if (fitting === 1) return `1 fitting runner is online${working === 1 ? ' and runs other jobs' : ''}`
  const runners = `${count(fitting)} fitting runners are online`
  if (working === 0) return runners
  return `${runners}, ${working === fitting ? 'all of them run' : `${count(working)} of them ${working === 1 ? 'runs' : 'run'}`} other jobs`
}

function before(ahead: number): string {
  if (ahead === 0) return 'no job is before it'
  if (ahead === 1) return '1 job is before it'
  return `${ahead > MOST_AHEAD ? `more than ${count(MOST_AHEAD)}` : count(ahead)} jobs are before it`
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const count = (number: number): string => number.toLocaleString('en-US')

function ofCreated({ waitsFor }: Facts): string {
  if (waitsFor.length === 0) return 'The jobs that it waited for have ended.'
  return waitsFor.length === 1
    ? 'Whether it runs is decided when this job ends:'
    : `Whether it runs is decided when these ${waitsFor.length} jobs end:`
}

function ofResource({ resourceGroup }: Job, { waitsFor }: Facts): string {
  const rule = `Only one job at a time may use the resource ${resourceGroup}.`
  if (waitsFor.length === 0) return `${rule} It is free now.`
  return waitsFor.length === 1 && waitsFor[0]?.reason === 'has_resource'
    ? `${rule} This job is queued when that one ends:`
    : `${rule} These jobs come first:`
}
