import { advancePipeline, queueCreated } from './advance-pipeline.ts'
import type { Job } from './job.ts'
import { type RetryPorts, retryIfDue } from './retry-job.ts'

/**
 * What follows from a job that is over: its resource goes to who waits for it, a failed one may be tried again, and jobs
 * that waited for it start. Repeating it is harmless; what a crash left undone, the sweep does.
 */
export async function followUp(ports: RetryPorts, job: Job): Promise<void> {
  if (job.resourceGroup !== null) await passOn(ports, job.id)
  await retryIfDue(ports, job)
  await advancePipeline(ports, job.pipelineId)
  await ports.events.publish('jobs')
}

async function passOn(ports: RetryPorts, id: number): Promise<void> {
  const next = await ports.jobs.releaseResource(id)
  if (next !== null) await queueCreated(ports, next, ['waiting_for_resource'])
}

const AT_ONCE = 100

/** The sweep: retries nobody decided about, resources nobody passed on, pipelines nobody advanced. */
export async function catchUp(ports: RetryPorts): Promise<void> {
  for (;;) {
    const ids = await ports.jobs.retryUndecided(AT_ONCE)
    for (const id of ids) {
      const job = await ports.jobs.find(id)
      if (job) await followUp(ports, job)
    }
    if (ids.length < AT_ONCE) break
  }
  for (const { id, holds } of await ports.jobs.forgottenResources(AT_ONCE)) {
    if (holds) await passOn(ports, id)
    else await queueCreated(ports, id, ['waiting_for_resource'])
  }
  for (let after = 0; ; ) {
    const pipelines = await ports.jobs.pipelinesUnderWay(after, AT_ONCE)
    for (const id of pipelines) await advancePipeline(ports, id)
    if (pipelines.length < AT_ONCE) return
    after = pipelines.at(-1) ?? after
  }
}
