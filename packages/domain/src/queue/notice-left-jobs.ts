import type { Ports } from '../ports.ts'

/**
 * Returns a task for the sweep that informs the operator of jobs that only a newer release can assign: once when the
 * first such job waits, and once when none do any more. They occur during an upgrade and after a rollback.
 */
export function noticeLeftJobs({ jobs }: Pick<Ports, 'jobs'>, notice: (sentence: string) => void): () => Promise<void> {
  let before = 0
  return async () => {
    const left = await jobs.countLeftToNewer()
    if (left > 0 && before === 0) notice(sentenceFor(left))
    if (left === 0 && before > 0) notice('no jobs wait for a newer release any more')
    before = left
  }
}

const sentenceFor = (left: number): string =>
  `${left === 1 ? '1 job waits' : `${left} jobs wait`} for a newer release of Yardmaster, which created ` +
  `${left === 1 ? 'it' : 'them'} with keywords or variables that this release does not know: ` +
  'start the newer release again, or cancel them'
