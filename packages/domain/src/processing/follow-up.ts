import { oneByOne } from '../background.ts'
import type { Job } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { advancePipeline, passOnResource, queueCreated } from './advance-pipeline.ts'
import { type RetryPorts, retryIfDue } from './retry-job.ts'

/**
 * Does what follows from the end of a job: passes on its resource or its turn, retries it if it failed and may be retried, and
 * starts the jobs that waited for it. Repeating it is harmless; the sweep does what a crash left undone.
 */
export async function followUp(ports: RetryPorts, job: Job): Promise<void> {
  if (job.resourceGroup !== null) await passOn(ports, job.id)
  await retryIfDue(ports, job)
  await advancePipeline(ports, job.pipelineId)
  await ports.events.publish('jobs')
}

async function passOn(ports: RetryPorts, id: number): Promise<void> {
  // Two steps: the second one sees every job that began to wait before the resource was free.
  await ports.jobs.releaseResource(id)
  await passOnResource(ports, { jobId: id })
}

const AT_ONCE = 100

/** The sweep: writes the status of pipelines, and makes up for missing retries, resources that were not passed on and pipelines that were not advanced. */
export async function catchUp(ports: RetryPorts & Pick<Services, 'pipelines' | 'background'>): Promise<void> {
  await settleUnfinished(ports)
  for (let after = 0; ; ) {
    const ids = await ports.jobs.retryUndecided(after, AT_ONCE)
    await oneByOne(ports, ids, 'follow up job', async (id) => {
      const job = await ports.jobs.find(id)
      if (job) await followUp(ports, job)
    })
    if (ids.length < AT_ONCE) break
    after = ids.at(-1) ?? after
  }
  const resources = await ports.jobs.forgottenResources(AT_ONCE)
  const over = new Set(resources.filter(({ holds }) => holds).map(({ id }) => id))
  await oneByOne(
    ports,
    resources.map(({ id }) => id),
    'pass on the resource of job',
    (id) => (over.has(id) ? passOn(ports, id) : queueCreated(ports, id, ['waiting_for_resource'])),
  )
  for (let after = 0; ; ) {
    const pipelines = await ports.jobs.pipelinesUnderWay(after, AT_ONCE)
    await oneByOne(ports, pipelines, 'advance pipeline', (id) => advancePipeline(ports, id))
    if (pipelines.length < AT_ONCE) return
    after = pipelines.at(-1) ?? after
  }
}

async function settleUnfinished({ pipelines, events }: Pick<Services, 'pipelines' | 'events'>): Promise<void> {
  for (let after = 0; ; ) {
    const ids = await pipelines.unfinished(after, AT_ONCE)
    if ((await pipelines.settle(ids)).length > 0) await events.publish('pipelines')
    if (ids.length < AT_ONCE) return
    after = ids.at(-1) ?? after
  }
}
