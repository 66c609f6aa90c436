import type { Ports } from '../ports.ts'

/**
 * Makes a task for the sweep that tells the operator of jobs that only a newer release can hand out: once when the first
 * of them waits, and once when none does any more. There are some during an upgrade and after a rollback.
 */
export function noticeLeftJobs({ jobs }: Pick<Ports, 'jobs'>, notice: (sentence: string) => void): () => Promise<void> {
  let before = 0
  return async () => {
    const left = await jobs.countLeftToNewer()
    if (left > 0 && before === 0) notice(sentenceFor(left))
    if (left === 0 && before > 0) notice('no job waits for a newer release any more')
    before = left
  }
}

const sentenceFor = (left: number): string =>
  `${left === 1 ? '1 job waits' : `${left} jobs wait`} for a newer release of Yardmaster, which created ` +
  `${left === 1 ? 'it' : 'them'} with keywords or variables that this release does not know: ` +
  'start the newer release again, or cancel them'
