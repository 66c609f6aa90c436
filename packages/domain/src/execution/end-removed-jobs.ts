import { oneByOne } from '../background.ts'
import { isExecuting } from '../jobs/job.ts'
import type { Ports, UnfinishedJob } from '../ports.ts'
import { followUp } from '../processing/follow-up.ts'
import { type EndPorts, endJob } from './end-job.ts'

export type EndRemovedPorts = EndPorts & Pick<Ports, 'projects'>

const AT_ONCE = 100

/** The sweep: ends jobs that survived the removal of their project because its process died, or because of a race. */
export async function endRemovedJobs(ports: EndRemovedPorts): Promise<void> {
  const ids = await ports.projects.removedWithJobs(AT_ONCE)
  await oneByOne(ports, ids, 'end the jobs of the removed project', (id) => endJobsOf(ports, id))
}

/** Ends all jobs of a removed project with `project_deleted`; one that is `canceling` becomes `canceled`. */
export async function endJobsOf(ports: EndRemovedPorts, projectId: number): Promise<void> {
  while (await endSomeJobsOf(ports, projectId));
}

/** Ends up to a hundred jobs, executing ones first. Returns false when more are left, which wait for the sweep. */
export async function endSomeJobsOf(ports: EndRemovedPorts, projectId: number): Promise<boolean> {
  const jobs = new Map((await ports.jobs.unfinishedOf(projectId, AT_ONCE)).map((job) => [job.id, job]))
  if (jobs.size === 0) {
    await ports.projects.noteJobsEnded(projectId)
    return false
  }
  let ended = 0
  const done = await oneByOne(ports, [...jobs.keys()], 'end a job of a removed project', async (id) => {
    const job = jobs.get(id)
    if (job && (await end(ports, job))) ended += 1
  })
  return done && ended > 0
}

const failureReason = 'project_deleted'

/** Returns false when the job has changed meanwhile; the next pass finds it in its new state. */
async function end(ports: EndRemovedPorts, { id, status }: UnfinishedJob): Promise<boolean> {
  if (isExecuting(status)) return (await endJob(ports, id, { event: 'drop', failureReason })) !== null
  const dropped = await ports.jobs.dropWaiting(id, failureReason)
  if (dropped) await followUp(ports, dropped)
  return dropped !== null
}
