import { oneByOne } from '../background.ts'
import { cancelJob } from '../execution/cancel-job.ts'
import type { EndPorts } from '../execution/end-job.ts'
import type { Ports } from '../ports.ts'

export type CancelPorts = EndPorts & Pick<Ports, 'pipelines' | 'runners'>

/** Cancels these jobs in this order. One that is over by then is refused, which is as good. */
export const cancelJobs = (ports: CancelPorts, ids: readonly number[]): Promise<boolean> =>
  oneByOne(ports, ids, 'cancel job', (id) => cancelJob(ports, { id }))
