import { err, ok, type Result } from '@yardmaster/common'
import { type Attempt, MOST_ATTEMPTS, pauseAfter } from '../deliveries/attempt.ts'
import { LEASE_MS, sendDue } from '../deliveries/send-due.ts'
import { sendRequest } from '../deliveries/send-request.ts'
import type { CommitStatusNotFound, CommitStatusNotSendable } from '../errors.ts'
import type { Ports } from '../ports.ts'
import type { Services } from '../services.ts'
import type { CommitStatus, SettledStatus, ShownStatus, TakenStatus } from './commit-status.ts'
import { describeStatus, looksLike } from './describe-status.ts'
import { requestOf } from './forges.ts'
import { judgeAnswer, type Verdict } from './judge-answer.ts'

type StatusPorts = Pick<Services, 'commitStatuses' | 'requestSender' | 'policy' | 'clock' | 'background'>

/** A request begins in the first half of its lease, so that it has ended when another process may send the next one. */
const LATEST_BEGIN_MS = LEASE_MS / 2

/**
 * Sends statuses that changed until none are left. Any number of processes may do so at once: a status is taken by one
 * of them, which reads what it says then. So no state is sent over a newer one, and one that was overtaken is not sent.
 *
 * @param signal - when it aborts, no further request is begun.
 * @param attempted - receives the result of each attempt; `waiting` means that it will be tried again.
 */
export async function deliverStatuses(
  ports: StatusPorts,
  { signal, attempted }: { signal?: AbortSignal; attempted?: (state: CommitStatus['state']) => void } = {},
): Promise<void> {
  await sendDue<{ status: TakenStatus; asked: number }>(
    ports,
    {
      recording: 'record a commit status',
      async take(query) {
        const asked = performance.now()
        return (await ports.commitStatuses.takeDue(query)).map((status) => ({ status, asked }))
      },
      targetOf: ({ status }) => status.projectId,
      async send({ status, asked }) {
        // The process was paused: another one may have the status by now.
        if (performance.now() - asked > LATEST_BEGIN_MS) return
        const settled = await deliver(ports, status)
        if (await ports.commitStatuses.settle(status, settled)) {
          if (settled.attempt) attempted?.(settled.state)
        }
      },
    },
    signal,
  )
}

/** Makes a status due now, whatever became of it. It is sent even if the forge has it already. */
export async function resendStatus(
  { commitStatuses }: Pick<Ports, 'commitStatuses'>,
  id: number,
): Promise<Result<CommitStatus, CommitStatusNotFound | CommitStatusNotSendable>> {
  const due = await commitStatuses.makeDue(id)
  if (due === null) return err({ kind: 'commit_status_not_found', id })
  return due === 'no_target' ? err({ kind: 'commit_status_not_sendable', id }) : ok(due)
}

const NOTHING_TO_SEND: SettledStatus = { state: 'delivered', attempt: null, sent: null, againInMs: null, failed: false }

async function deliver(ports: StatusPorts, status: TakenStatus): Promise<SettledStatus> {
  const { subject, target, sent } = status
  if (!subject) return NOTHING_TO_SEND
  const shown: ShownStatus = { ...describeStatus(subject), url: linkOf(ports, status) }
  if (sent && looksLike(sent, shown)) return NOTHING_TO_SEND
  const { token } = target
  const request = token === null ? null : requestOf({ ...status, token, shown })
  if (token === null || request === null) return unsent(ports, token === null ? UNREADABLE : NO_REPOSITORY)
  const { outcome, attempt } = await sendRequest(ports, {
    ...request,
    headers: { ...request.headers, 'User-Agent': `Yardmaster/${ports.policy.version}` },
  })
  const verdict = judgeAnswer(target.forge, outcome, ports.clock.now())
  if (verdict.kind === 'limited') await ports.commitStatuses.pause(status.projectId, verdict.forMs)
  const error = verdict.kind === 'accepted' ? null : redacted(verdict.error, token)
  const response = attempt.response && redacted(attempt.response, token)
  return { ...consequence(verdict, status.failures + 1), ...outcomeOf({ ...attempt, error, response }, shown) }
}

/** @param failures - including this attempt, if it is one. */
function consequence(verdict: Verdict, failures: number): Pick<SettledStatus, 'state' | 'againInMs' | 'failed'> {
  switch (verdict.kind) {
    case 'accepted':
      return { state: 'delivered', againInMs: null, failed: false }
    case 'limited':
      return { state: 'waiting', againInMs: verdict.forMs, failed: false }
    case 'again':
      return failures < MOST_ATTEMPTS
        ? { state: 'waiting', againInMs: pauseAfter(failures), failed: true }
        : { state: 'failed', againInMs: null, failed: true }
    case 'refused':
      return { state: 'failed', againInMs: null, failed: true }
  }
}

const outcomeOf = (attempt: Attempt, shown: ShownStatus): Pick<SettledStatus, 'attempt' | 'sent'> => ({
  attempt,
  sent: attempt.error === null ? shown : null,
})

const UNREADABLE = 'the stored token cannot be read: set it again'
const NO_REPOSITORY = 'the address names no repository of the forge: set it again'

function unsent({ clock }: StatusPorts, error: string): SettledStatus {
  const attempt = { at: clock.now(), durationMs: 0, status: null, response: null, error }
  return { state: 'failed', attempt, sent: null, againInMs: null, failed: true }
}

const linkOf = ({ policy }: StatusPorts, { pipelineId, jobId }: CommitStatus): string =>
  jobId === null ? `${policy.externalUrl}/pipelines/${pipelineId}` : `${policy.externalUrl}/jobs/${jobId}`

/** Hides the token in what a forge sent back. */
const redacted = (text: string, token: string): string => text.replaceAll(token, '***')
