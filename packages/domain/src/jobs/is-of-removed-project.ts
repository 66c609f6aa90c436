import type { Ports } from '../ports.ts'

/** Whether nothing more is to become of a job: its project is removed. */
export const isOfRemovedProject = async ({ jobs }: Pick<Ports, 'jobs'>, id: number): Promise<boolean> =>
  (await jobs.credentials(id))?.projectDeleted ?? false
