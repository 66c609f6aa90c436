import type { Ports } from '../ports.ts'

/**
 * Returns whether a job counts as archived. This depends on the age of its pipeline: a retry of yesterday is as old as
 * the first attempt.
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
