import { err, ok, type Result } from '@yardmaster/common'
import { oneByOne } from '../background.ts'
import type { PipelineNotFound, PipelineUnderWay } from '../errors.ts'
import { eraseJob } from '../execution/erase-job.ts'
import type { Services } from '../services.ts'
import { currentPipeline } from './current-pipeline.ts'

type RemovePorts = Pick<Services, 'jobs' | 'pipelines' | 'artifacts' | 'traces' | 'objects' | 'events' | 'background'>

/**
 * Removes a pipeline and all pipelines below it, with their jobs, their logs and their artifacts. What the jobs used still counts in the usage.
 *
 * @returns `pipeline_under_way` while one of their jobs is not over: cancel it first.
 */
export async function removePipeline(
  ports: RemovePorts,
  id: number,
): Promise<Result<null, PipelineNotFound | PipelineUnderWay>> {
  const found = await currentPipeline(ports, id)
  if (!found.ok) return found
  const jobs = await ports.pipelines.remove(id)
  if (jobs === null) return err({ kind: 'pipeline_not_found', id })
  if (jobs === 'under_way') return err({ kind: 'pipeline_under_way', id, status: found.value.status })
  ports.background.run('erase the jobs of a removed pipeline', () => erase(ports, jobs))
  await ports.events.publish('pipelines')
  await ports.events.publish('jobs')
  return ok(null)
}

const AT_ONCE = 100

/** The sweep: erases what jobs of removed pipelines still have, because a process died before it was done. */
export async function eraseRemovedJobs(ports: RemovePorts): Promise<void> {
  for (;;) {
    const jobs = await ports.pipelines.removedJobs(AT_ONCE)
    if (!(await erase(ports, jobs)) || jobs.length < AT_ONCE) return
  }
}

const erase = (ports: RemovePorts, jobs: readonly number[]): Promise<boolean> =>
  oneByOne(ports, jobs, 'erase job', (job) => eraseJob(ports, job))
