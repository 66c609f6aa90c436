import type { Request, Response } from 'express'
import { replyJson } from '../http/reply.ts'
import type { Received } from './parameters.ts'

/** Returns whether a text is an administrator's token. */
export type AdminTokens = (token: string) => boolean

/** Returns the first of `PRIVATE-TOKEN`, `private_token` and a bearer token (`docs/protocol/common.md 7`). */
function userToken(req: Request, { parameters }: Pick<Received, 'parameters'>): string | null {
  const header = req.get('Private-Token')
  if (header !== undefined) return header
  const parameter = parameters.private_token
  if (typeof parameter === 'string') return parameter
  return /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1] ?? null
}

/** Returns true for an administrator; answers 401 to all other callers, as only endpoints for people do. */
export function requireUser(req: Request, res: Response, received: Received, isAdminToken: AdminTokens): boolean {
  const token = userToken(req, received)
  if (token !== null && isAdminToken(token)) return true
  replyJson(res, 401, { message: '401 Unauthorized' })
  return false
}
