import { oneByOne } from '../background.ts'
import { cancelAlone } from '../execution/cancel-job.ts'
import type { EndPorts } from '../execution/end-job.ts'
import type { Ports } from '../ports.ts'

export type CancelPorts = EndPorts & Pick<Ports, 'pipelines' | 'runners'>

/**
 * Cancels these jobs in this order. One that is over by then is refused, which is as good. What follows from the ends of
 * jobs is done after all are canceled: before that, it would skip or start jobs whose turn is still to come. The
 * children of trigger jobs are left alone: lists that are to cover them have their jobs.
 *
 * @returns whether no attempt failed.
 */
export async function cancelJobs(ports: CancelPorts, ids: readonly number[]): Promise<boolean> {
  const following: { readonly name: string; readonly task: () => Promise<unknown> }[] = []
  const background = {
    ...ports.background,
    run: (name: string, task: () => Promise<unknown>) => void following.push({ name, task }),
  }
  const all = await oneByOne(ports, ids, 'cancel job', (id) => cancelAlone({ ...ports, background }, { id }))
  if (following.length > 0) {
    ports.background.run('follow up canceled jobs', async () => {
      for (const { name, task } of following) await task().catch((error) => ports.background.report(name, error))
    })
  }
  return all
}
