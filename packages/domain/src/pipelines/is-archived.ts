import type { Ports } from '../ports.ts'

/**
 * A job counts as archived by the age of its pipeline: an attempt made yesterday is as old as the first.
 *
 * @see `docs/protocol/job-request.md 7`
 */
export async function isArchived(
  { jobs, settings, clock }: Pick<Ports, 'jobs' | 'settings' | 'clock'>,
  id: number,
): Promise<boolean> {
  const { archiveAfter } = await settings.get()
  if (archiveAfter === null) return false
  const createdAt = await jobs.pipelineCreatedAt(id)
  return createdAt !== null && clock.now().getTime() - createdAt.getTime() > archiveAfter * 1000
}
