import type { Outcome } from '../deliveries/send-request.ts'
import type { Forge } from './forge.ts'

/** What an answer of a forge means for a status. Sentences are for operators. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** It may succeed later. */
  | { readonly kind: 'again'; readonly error: string }
  /** The forge wants no request of any kind for a while. */
  | { readonly kind: 'limited'; readonly error: string; readonly forMs: number }
  /** It would be refused again, until settings or the state change. */
  | { readonly kind: 'refused'; readonly error: string }

const LEAST_PAUSE_MS = 1_000
/** What GitHub asks for when it says nothing more exact. */
const USUAL_PAUSE_MS = 60_000
/** The longest that GitHub counts, and enough for a forge that says nonsense. */
const LONGEST_PAUSE_MS = 3_600_000

/** Returns what an answer means. */
export function judgeAnswer(forge: Forge, outcome: Outcome, now: Date): Verdict {
  if ('failure' in outcome) return { kind: 'again', error: outcome.failure }
  const { status, headers, body } = outcome.answer
  if (status >= 200 && status < 300) return { kind: 'accepted' }
  // GitLab refuses the state that it has already, and one that came before it.
  if (forge === 'gitlab' && status === 400 && /Cannot transition status via/i.test(body)) return { kind: 'accepted' }
  const asked = pauseAsked(headers, now)
  const isUsedUp = headers['x-ratelimit-remaining'] === '0'
  if (status === 429 || (status === 403 && (asked !== null || isUsedUp || /rate limit|abuse detection/i.test(body)))) {
    const forMs = Math.min(Math.max(asked ?? USUAL_PAUSE_MS, LEAST_PAUSE_MS), LONGEST_PAUSE_MS)
    return { kind: 'limited', error: `the forge wants no more requests for ${Math.ceil(forMs / 1000)} s`, forMs }
  }
  // GitLab answers 409 while another status of the commit is written.
  if (status >= 500 || status === 408 || status === 409 || status === 425) {
    return { kind: 'again', error: `the forge answered ${status}` }
  }
  return { kind: 'refused', error: refusalOf(status, body) }
}

function refusalOf(status: number, body: string): string {
  if (status === 401) return 'the forge does not accept the token: set a valid one'
  if (status === 403) return 'the token may not write statuses of this repository'
  if (status === 404 || status === 410) {
    return /commit/i.test(body)
      ? 'the forge does not know the commit'
      : 'the forge does not find the repository or the commit, or the token may not see it'
  }
  if (status === 422 && /maximum number of statuses/i.test(body))
    return 'the forge takes no more statuses of this name for this commit'
  if (status === 422 && /No commit found/i.test(body)) return 'the forge does not know the commit'
  if (status >= 300 && status < 400) {
    return `the forge answered ${status}, and redirects are not followed: set the address that it leads to`
  }
  return `the forge refused the status with ${status}`
}

/** Returns the milliseconds after which a forge wants to be asked again, if it says so. */
function pauseAsked(headers: Readonly<Record<string, string>>, now: Date): number | null {
  const after = headers['retry-after']
  if (after !== undefined) {
    if (/^\d+$/.test(after)) return Number(after) * 1000
    const at = Date.parse(after)
    if (!Number.isNaN(at)) return at - now.getTime()
  }
  const reset = headers['x-ratelimit-reset']
  if (headers['x-ratelimit-remaining'] !== '0' || reset === undefined || !/^\d+$/.test(reset)) return null
  return Number(reset) * 1000 - now.getTime()
}
