import { err, ok, type Result } from '@yardmaster/common'
import type { ProjectInvalid } from '../errors.ts'
import type { Forge } from './forge.ts'
import { apiAddressOf } from './forges.ts'
import type { NewStatusTarget, StatusTarget, StatusTargetChange } from './status-target.ts'

const DEFAULT_CONTEXT = 'yardmaster'

/**
 * Completes a change. A stored token is never sent to another server than the one that it was given for, so a change of
 * the server needs the token again.
 */
export function completeTarget(
  before: StatusTarget | null,
  { forge, address, token, context, jobs }: StatusTargetChange,
): Result<NewStatusTarget, ProjectInvalid> {
  const api = apiAddressOf(forge, address)
  if (api === null) return err(invalid('address', ADDRESSES[forge]))
  const known = before && apiAddressOf(before.forge, before.address)
  const isSameServer = known !== null && before?.forge === forge && new URL(known).origin === new URL(api).origin
  if (token === undefined && !isSameServer) {
    return err(invalid('token', before ? 'missing; another server needs a token of its own' : 'missing'))
  }
  return ok({
    forge,
    address,
    ...(token !== undefined && { token }),
    context: context ?? before?.context ?? DEFAULT_CONTEXT,
    jobs: jobs ?? before?.jobs ?? false,
  })
}

const PAGE = 'allowed is the http or https address of the repository’s page, without user, ? and #, such as'
const ADDRESSES: Readonly<Record<Forge, string>> = {
  gitea: `${PAGE} https://gitea.example/owner/name`,
  forgejo: `${PAGE} https://forgejo.example/owner/name`,
  github: `${PAGE} https://github.com/owner/name`,
  gitlab: `${PAGE} https://gitlab.example/group/name`,
}

const invalid = (member: string, reason: string): ProjectInvalid => ({
  kind: 'project_invalid',
  field: `commitStatus.${member}`,
  reason,
})
