import { failureReason } from '@yardmaster/ci-config'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES, type JobEvent, statusAfter } from './job.ts'

/** The table of `docs/protocol/job-update.md 6`, as far as runners and administrators can cause its steps. */
const TABLE: [JobEvent, string, string][] = [
  ['enqueue', 'created manual skipped scheduled waiting_for_resource preparing', 'pending'],
  ['run', 'pending', 'running'],
  ['skip', 'created waiting_for_resource preparing pending', 'skipped'],
  ['success', 'created waiting_for_resource preparing pending running', 'success'],
  ['success', 'canceling', 'canceled'],
  ['drop', 'created waiting_for_resource preparing pending running manual scheduled', 'failed'],
  ['drop', 'canceling', 'canceled'],
  ['cancel_gracefully', 'running', 'canceling'],
  ['cancel', 'created waiting_for_resource preparing pending running manual scheduled', 'canceled'],
  ['force_cancel', 'created waiting_for_resource preparing pending running manual scheduled canceling', 'canceled'],
]

describe('the state machine of a job', () => {
  const events = [...new Set(TABLE.map(([event]) => event))]
  it.each(events.flatMap((event) => JOB_STATUSES.map((status) => [event, status] as const)))(
    'on %s, %s changes as the table says, or not at all',
    (event, status) => {
      const row = TABLE.find(([name, from]) => name === event && from.split(' ').includes(status))
      expect(statusAfter(status, event)).toBe(row?.[2] ?? null)
    },
  )
})

describe('a failure reason', () => {
  it.each([
    ['script_failure', 'script_failure'],
    ['image_pull_failure', 'image_pull_failure'],
    ['no such reason', 'unknown_failure'],
    ['', 'unknown_failure'],
    [null, 'unknown_failure'],
    [undefined, 'unknown_failure'],
  ])('reported as %j is stored as %s', (reported, stored) => {
    expect(failureReason(reported)).toBe(stored)
  })
})
