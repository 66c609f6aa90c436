import type { TerminalSession } from '@yardmaster/domain/ports'
import ipaddr from 'ipaddr.js'

interface GivenSession {
  readonly url?: string | null | undefined
  readonly certificate?: string | null | undefined
  readonly authorization?: string | null | undefined
}

/**
 * Returns the address of the runner's terminal server if we may connect to it: over https, and not on this machine.
 * Else returns null; the job is handed out without a session then (`docs/protocol/job-request.md 6`).
 */
export function usableTerminalSession(given: GivenSession | null): TerminalSession | null {
  const url = given?.url?.trim() ?? ''
  if (!given || !URL.canParse(url)) return null
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'https:' || isThisMachine(hostname)) return null
  return { url, certificate: given.certificate ?? '', authorization: given.authorization ?? '' }
}

function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (!ipaddr.isValid(bare)) return false
  return ['loopback', 'unspecified', 'linkLocal'].includes(ipaddr.process(bare).range())
}
