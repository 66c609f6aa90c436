import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectTokenNotFound } from '../errors.ts'
import type { Ports } from '../ports.ts'

/** Removes a token. What it has begun goes on; nothing begins with it any more. */
export async function revokeProjectToken(
  { projectTokens }: Pick<Ports, 'projectTokens'>,
  id: number,
): Promise<Result<null, ProjectTokenNotFound>> {
  return (await projectTokens.remove(id)) ? ok(null) : err({ kind: 'project_token_not_found', id })
}
