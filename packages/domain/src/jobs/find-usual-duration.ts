import { err, ok, type Result } from '@yardmaster/common'
import type { JobNotFound } from '../errors.ts'
import type { Ports, SuccessfulRun } from '../ports.ts'

/** Earlier jobs looked at: enough to find those of a branch among those of others. */
const LOOKED_AT = 100
/** Jobs that count. Older ones say little about the present. */
const MOST = 20

/** How long a job usually takes, by earlier ones of the same project and name that succeeded. */
export interface UsualDuration {
  /** The median, at least 1; null when none has succeeded yet. */
  readonly seconds: number | null
  /** How many jobs it is taken from, at most 20. */
  readonly runs: number
  /** Their ref: the job's own, else the default branch; null when they are of several others. */
  readonly ref: string | null
}

/** Returns how long a job usually takes: on its ref, else on the default branch, else on any ref of the project. */
export async function findUsualDuration(
  { jobs }: Pick<Ports, 'jobs'>,
  id: number,
): Promise<Result<UsualDuration, JobNotFound>> {
  if (!(await jobs.find(id))) return err({ kind: 'job_not_found', id })
  const all = await jobs.successfulRuns(id, LOOKED_AT)
  const ofRef = all.filter(({ isSameRef }) => isSameRef)
  const ofDefault = all.filter(({ isDefaultBranch }) => isDefaultBranch)
  const alike = [ofRef, ofDefault].find(({ length }) => length > 0)
  const runs = (alike ?? all).slice(0, MOST)
  return ok({ seconds: median(runs), runs: runs.length, ref: alike?.[0]?.ref ?? null })
}

function median(runs: readonly SuccessfulRun[]): number | null {
  const sorted = runs.map(({ seconds }) => seconds).sort((one, other) => one - other)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? null : Math.max(1, Math.round((low + high) / 2))
}
