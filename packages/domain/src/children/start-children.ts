import { oneByOne } from '../background.ts'
import { type ChildPorts, LEFT_SECONDS, startChild } from './start-child.ts'

const AT_ONCE = 100
/** Children that are created at the same time, so that one whose files come slowly does not hold up the others. */
const PARALLEL = 4

/**
 * Creates the child pipelines of all trigger jobs that are due, also of those that a process left behind when it died.
 * Call it whenever a pipeline has changed.
 */
export async function startChildren(ports: ChildPorts): Promise<void> {
  for (let after = 0; ; ) {
    const ids = await ports.jobs.dueTriggers({ after, leftSeconds: LEFT_SECONDS }, AT_ONCE)
    const lanes = Array.from({ length: PARALLEL }, (_, lane) => ids.filter((_, index) => index % PARALLEL === lane))
    await Promise.all(lanes.map((lane) => oneByOne(ports, lane, 'start trigger job', (id) => startChild(ports, id))))
    if (ids.length < AT_ONCE) return
    after = ids.at(-1) ?? after
  }
}
