import { toStorable } from '@yardmaster/common'
import type { RequestSender, SentAnswer } from '../ports/request-sender.ts'
import type { Ports } from '../ports.ts'
import type { Attempt } from './attempt.ts'

/** What became of a request: the answer, or why there is none. */
export type Outcome = { readonly answer: SentAnswer } | { readonly failure: string }

/** Sends a request, and returns what became of it with how long that took. Never rejects. */
export async function sendRequest(
  { requestSender, clock }: Pick<Ports, 'requestSender' | 'clock'>,
  request: Parameters<RequestSender['send']>[0],
): Promise<{ outcome: Outcome; attempt: Omit<Attempt, 'error'> }> {
  const at = clock.now()
  const begun = performance.now()
  const outcome = await requestSender.send(request).then(
    (answer): Outcome => ({ answer }),
    (error: unknown): Outcome => ({ failure: toStorable(sentenceOf(error)) }),
  )
  const answer = 'answer' in outcome ? outcome.answer : null
  return {
    outcome,
    attempt: {
      at,
      durationMs: Math.round(performance.now() - begun),
      status: answer?.status ?? null,
      response: answer && toStorable(answer.body),
    },
  }
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
