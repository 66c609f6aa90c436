import type { Ports } from '../ports.ts'

/**
 * Returns since when this process has been listening to runners without a break, by the clock of the database, which
 * dates the events of jobs: the two clocks may differ.
 */
export async function listeningSince({ jobs, clock }: Pick<Ports, 'jobs' | 'clock'>): Promise<Date> {
  const now = await jobs.databaseTime()
  clock.compare(now)
  return new Date(now.getTime() - clock.awakeMs())
}
