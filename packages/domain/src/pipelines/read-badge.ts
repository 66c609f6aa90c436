import type { JobStatus } from '../jobs/job.ts'
import type { Ports } from '../ports.ts'

/** How many of the newest pipelines of a ref a badge may look at. */
const MOST_READ = 50

/** What badges show of a ref. */
export interface Badge {
  /** The status of its newest pipeline that was not skipped; null when it has none. */
  readonly status: JobStatus | null
  /** The coverage of its newest successful pipeline that measured any, in percent; null when none did. */
  readonly coverage: number | null
}

/** Reads what badges show of a ref, from its newest pipelines. */
export async function readBadge(
  { pipelines }: Pick<Ports, 'pipelines'>,
  of: { readonly projectId: number; readonly ref: string },
): Promise<Badge> {
  const newest = await pipelines.newestOf(of, MOST_READ)
  return {
    status: newest.find(({ status }) => status !== 'skipped')?.status ?? null,
    coverage: newest.find(({ status, coverage }) => status === 'success' && coverage !== null)?.coverage ?? null,
  }
}
