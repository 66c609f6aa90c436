import { oneByOne } from '../background.ts'
import { isFinished } from '../jobs/job.ts'
import type { Services } from '../services.ts'
import { markStopped, run, type StopPorts } from './stop-environment.ts'

const AT_ONCE = 100

/**
 * Stops the environments whose time is over. Every step is conditional, so that several processes may do this at the
 * same time: of those that want to run the same job one succeeds.
 */
export async function stopDueEnvironments(ports: StopPorts & Pick<Services, 'background' | 'clock'>): Promise<void> {
  const until = ports.clock.now()
  for (let after = 0; ; ) {
    const ids = await ports.environments.dueToStop({ after, until }, AT_ONCE)
    await oneByOne(ports, ids, 'stop environment', (id) => stopIfDue(ports, id, until))
    if (ids.length < AT_ONCE) return
    after = ids.at(-1) ?? after
  }
}

async function stopIfDue(ports: StopPorts, id: number, until: Date): Promise<void> {
  const environment = await ports.environments.find(id)
  if (!environment?.autoStopAt || environment.autoStopAt > until) return
  const { state, stopJob } = environment
  if (!stopJob) return await markStopped(ports, environment)
  if (state === 'available') {
    // It has to wait for other jobs, or another process has just begun it.
    if (!isFinished(stopJob.status) && stopJob.status !== 'manual' && stopJob.status !== 'scheduled') return
    if ((await run(ports, stopJob)) !== null) {
      const now = await ports.environments.find(id)
      // Its job can never be run any more: it was skipped, or is too old.
      if (now?.state === 'available' && now.stopJob?.id === stopJob.id && now.stopJob.status === stopJob.status) {
        await markStopped(ports, now)
      }
      return
    }
  }
  // Whatever becomes of the job, it is run once.
  await ports.environments.forgetAutoStop(environment)
}
