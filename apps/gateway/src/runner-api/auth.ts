import type { Request, Response } from 'express'
import { replyJson } from '../http/reply.ts'
import type { Received } from './parameters.ts'

/** Whether a text is an administrator's token. */
export type AdminTokens = (token: string) => boolean

/** `PRIVATE-TOKEN`, `private_token` or a bearer token, whichever is there first (`docs/protocol/common.md 7`). */
function userToken(req: Request, { parameters }: Pick<Received, 'parameters'>): string | null {
  const header = req.get('Private-Token')
  if (header !== undefined) return header
  const parameter = parameters.private_token
  if (typeof parameter === 'string') return parameter
  return /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1] ?? null
}

/** True for an administrator; everyone else is answered 401: only the endpoints that people call do that. */
export function requireUser(req: Request, res: Response, received: Received, isAdminToken: AdminTokens): boolean {
  const token = userToken(req, received)
  if (token !== null && isAdminToken(token)) return true
  replyJson(res, 401, { message: '401 Unauthorized' })
  return false
}
