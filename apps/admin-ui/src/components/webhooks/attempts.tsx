import type { Delivery } from '../../lib/api.ts'
import { took } from '../../lib/request-duration.ts'
import { Clock } from '../ui/time.tsx'

/** How each state of a delivery looks, and its word. */
export const STATES = {
  waiting: ['warn', 'Waiting'],
  delivered: ['plain', 'Delivered'],
  failed: ['bad', 'Failed'],
} as const

/** Requests to a receiver, with its answers. */
export function Attempts({ attempts }: Pick<Delivery, 'attempts'>) {
  if (attempts.length === 0) return <p className="text-soft">It is about to be sent.</p>
  return (
    <ol className="grid gap-2">
      {attempts.map((attempt, index) => (
        <li key={attempt.at}>
          <span className="font-medium">Attempt {index + 1}</span>{' '}
          <span className="text-soft">
            <Clock at={attempt.at} />, {took(attempt)}
          </span>
          {attempt.status !== null && <> · answered {attempt.status}</>}
          {attempt.error !== null && <p className="text-bad">{attempt.error}</p>}
          {attempt.response && (
            <pre className="mt-1 max-h-40 overflow-auto rounded-md border border-line bg-panel px-3 py-2 font-mono text-xs leading-5 break-all whitespace-pre-wrap">
              {attempt.response}
            </pre>
          )}
        </li>
      ))}
    </ol>
  )
}

/** Returns the last answer, and how many attempts it took. */
export function summaryOf(attempts: Delivery['attempts']): string {
  const last = attempts.at(-1)
  if (!last) return 'not tried yet'
  const answer = last.status === null ? 'no answer' : `${last.status} in ${took(last)}`
  return attempts.length === 1 ? answer : `${answer}, ${attempts.length} attempts`
}
