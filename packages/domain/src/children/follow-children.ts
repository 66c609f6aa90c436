import { oneByOne } from '../background.ts'
import { isFinished } from '../jobs/job.ts'
import { followUp } from '../processing/follow-up.ts'
import type { RetryPorts } from '../processing/retry-job.ts'
import type { Services } from '../services.ts'

const AT_ONCE = 100

/**
 * Gives trigger jobs the status that follows from their children's, and does what follows from their ends. Call it
 * whenever a pipeline has changed. What a crash leaves undone after a job's end, the sweeps for all jobs do.
 *
 * @see `docs/pipelines.md 8`
 */
export async function followChildren(ports: RetryPorts & Pick<Services, 'background'>): Promise<void> {
  for (;;) {
    const moved = await ports.jobs.followChildren(AT_ONCE)
    if (moved.length > 0) await ports.events.publish('jobs')
    const over = new Map(moved.flatMap((job) => (isFinished(job.status) ? [[job.id, job]] : [])))
    await oneByOne(ports, [...over.keys()], 'follow up trigger job', async (id) => {
      const job = over.get(id)
      if (job) await followUp(ports, job)
    })
    if (moved.length < AT_ONCE) return
  }
}
