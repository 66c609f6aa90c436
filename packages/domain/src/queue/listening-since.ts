import type { Ports } from '../ports.ts'

/**
 * When this process began to listen to runners without a break, by the clock of the database, which dates what jobs do:
 * the two clocks need not agree.
 */
export async function listeningSince({ jobs, clock }: Pick<Ports, 'jobs' | 'clock'>): Promise<Date> {
  const now = await jobs.databaseTime()
  clock.compare(now)
  return new Date(now.getTime() - clock.awakeMs())
}
