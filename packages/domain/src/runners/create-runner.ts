import { err, ok, type Result } from '@yardmaster/common'
import type { GroupNotFound, ProjectNotFound, RunnerInvalid } from '../errors.ts'
import type { NewRunner, Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import { type IssuedToken, issueToken } from './issue-token.ts'
import type { RunnerType } from './runner.ts'
import { DEFAULT_ATTRIBUTES, invalidRunner, type RunnerChanges, withChanges } from './validate-runner.ts'

export interface RunnerCreation extends RunnerChanges {
  readonly runnerType: RunnerType
  /** Used for `group_type` only. */
  readonly groupId?: number | undefined
  /** Used for `project_type` only. */
  readonly projectId?: number | undefined
}

/**
 * Creates a runner for an administrator. Its token is returned only this once. The runner counts as created but not as
 * working until a job request arrives with the token.
 *
 * @see `docs/protocol/runners.md 8`
 */
export async function createRunner(
  ports: Pick<Services, 'runners' | 'projects' | 'events' | 'policy' | 'clock'>,
  { runnerType, groupId = 0, projectId = 0, ...attributes }: RunnerCreation,
): Promise<Result<{ id: number } & IssuedToken, RunnerInvalid | GroupNotFound | ProjectNotFound>> {
  const complete = withChanges(DEFAULT_ATTRIBUTES, attributes)
  const invalid = invalidRunner(complete, null)
  if (invalid) return err(invalid)
  const scope = await scopeOf(ports, { runnerType, groupId, projectId })
  if (!scope.ok) return scope

  const { token, ...stored } = issueToken(ports, 'authenticated_user')
  const { id } = await ports.runners.create({
    ...complete,
    ...scope.value,
    ...stored,
    runnerType,
    registrationType: 'authenticated_user',
    creationState: 'started',
    name: null,
  })
  await ports.events.publish('runners')
  return ok({ id, token, tokenExpiresAt: stored.tokenExpiresAt })
}

async function scopeOf(
  { projects }: Pick<Ports, 'projects'>,
  { runnerType, groupId, projectId }: { runnerType: RunnerType; groupId: number; projectId: number },
): Promise<Result<Pick<NewRunner, 'groupId' | 'projectIds'>, GroupNotFound | ProjectNotFound>> {
  switch (runnerType) {
    case 'instance_type':
      return ok({ groupId: null, projectIds: [] })
    case 'group_type':
      if (!(await projects.findGroup(groupId))) return err({ kind: 'group_not_found', id: groupId })
      return ok({ groupId, projectIds: [] })
    case 'project_type':
      if (!(await projects.find(projectId))) return err({ kind: 'project_not_found', id: projectId })
      return ok({ groupId: null, projectIds: [projectId] })
  }
}
