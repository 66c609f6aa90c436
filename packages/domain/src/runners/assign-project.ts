import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, RunnerLocked, RunnerNotAssignable, RunnerNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { tickQueueValues } from '../wakeups/queue-value.ts'

type AssignPorts = Pick<Ports, 'runners' | 'projects' | 'scratch' | 'events'>
type Refused = RunnerNotFound | ProjectNotFound | RunnerLocked | RunnerNotAssignable

/**
 * Lets a project runner serve one more project. Repeating it is harmless.
 *
 * @returns `runner_locked` for a locked runner (`docs/protocol/runners.md 11`), `runner_not_assignable` for runners of
 * other types.
 */
export async function assignProject(
  ports: AssignPorts,
  { id, projectId }: { id: number; projectId: number },
): Promise<Result<null, Refused>> {
  const refused = await refusal(ports, { id, projectId })
  if (refused) return err(refused)
  await ports.runners.assignProject(id, projectId)
  const digest = await ports.runners.tokenDigest(id)
  if (digest) await tickQueueValues(ports, [digest])
  await ports.events.publish('runners')
  return ok(null)
}

/** Removes a project from a project runner, but not its last one: the runner would serve nothing. */
export async function unassignProject(
  ports: AssignPorts,
  { id, projectId }: { id: number; projectId: number },
): Promise<Result<null, Refused>> {
  const refused = await refusal(ports, { id, projectId })
  if (refused) return err(refused)
  const runner = await ports.runners.find(id)
  if (runner?.projectIds.length === 1 && runner.projectIds[0] === projectId) {
    return err({ kind: 'runner_not_assignable', id, reason: 'it serves no other project; remove the runner instead' })
  }
  await ports.runners.unassignProject(id, projectId)
  await ports.events.publish('runners')
  return ok(null)
}

async function refusal(
  { runners, projects }: Pick<Ports, 'runners' | 'projects'>,
  { id, projectId }: { id: number; projectId: number },
): Promise<Refused | null> {
  const [runner, project] = await Promise.all([runners.find(id), projects.find(projectId)])
  if (!runner) return { kind: 'runner_not_found', id }
  if (!project) return { kind: 'project_not_found', id: projectId }
  if (runner.runnerType !== 'project_type') {
    return { kind: 'runner_not_assignable', id, reason: 'only project runners are assigned to projects' }
  }
  return runner.locked ? { kind: 'runner_locked', id } : null
}
