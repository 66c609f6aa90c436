import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectNotFound, ProjectTokenInvalid } from '../errors.ts'
import type { Ports } from '../ports.ts'
import { digestOf, newProjectToken, tokenPrefix } from '../tokens.ts'
import type { ProjectToken } from './project-token.ts'

/** Databases and people write years with four digits. */
const LATEST = Date.UTC(10_000, 0)

/**
 * Creates a password of `git` over HTTP. Only its digest is stored.
 *
 * @returns the token, which is not shown again; `project_token_invalid` when it would have expired already, or after the year 9999.
 */
export async function createProjectToken(
  { projectTokens, clock }: Pick<Ports, 'projectTokens' | 'clock'>,
  given: Pick<ProjectToken, 'projectId' | 'name' | 'access' | 'expiresAt'>,
): Promise<Result<{ id: number; token: string }, ProjectNotFound | ProjectTokenInvalid>> {
  if (given.expiresAt !== null && given.expiresAt <= clock.now()) {
    return err({ kind: 'project_token_invalid', field: 'expiresAt', reason: 'this time is past; allowed: a later one' })
  }
  if (given.expiresAt !== null && given.expiresAt.getTime() >= LATEST) {
    const reason = 'this time is too far away; allowed: the end of the year 9999 at most, or no end'
    return err({ kind: 'project_token_invalid', field: 'expiresAt', reason })
  }
  const token = newProjectToken()
  const id = await projectTokens.create({ ...given, digest: digestOf(token), tokenPrefix: tokenPrefix(token) })
  return id === null ? err({ kind: 'project_not_found', id: given.projectId }) : ok({ id, token })
}
