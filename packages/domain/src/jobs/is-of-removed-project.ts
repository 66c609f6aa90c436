import type { Ports } from '../ports.ts'

/** Returns whether a job's project is removed, so that the job must not run again. */
export const isOfRemovedProject = async ({ jobs }: Pick<Ports, 'jobs'>, id: number): Promise<boolean> =>
  (await jobs.credentials(id))?.projectDeleted ?? false
