import { describe, expect, it } from 'vitest'
import { JOB_STATUSES, type JobStatus } from '../jobs/job.ts'
import { expectedVerdict, WHEN, type When } from '../testing/expected-verdict.ts'
import { compositeStatus, fires, outcomeBefore, type Predecessor } from './composite-status.ts'

/** `failed!` is a job whose failure is allowed. */
const job = (written: string): Predecessor => ({
  status: written.replace('!', '') as JobStatus,
  settled: true,
  allowFailure: written.endsWith('!'),
})
const set = (written: string): Predecessor[] => written.split(', ').map(job)

describe('the composite status', () => {
  it.each([
    ['success, failed', 'failed', 'failed'],
    ['success, failed!', 'success', 'success'],
    ['success, canceled!', 'success', 'success'],
    ['failed, canceled', 'failed', 'failed'],
    ['success, canceled', 'canceled', 'canceled'],
    ['success, skipped', 'success', 'skipped'],
    ['failed, skipped', 'failed', 'skipped'],
    ['manual!', 'skipped', 'skipped'],
    ['success, manual!', 'success', 'skipped'],
    ['failed, manual!', 'failed', 'skipped'],
    ['manual, success', 'manual', 'manual'],
    ['manual, failed', 'manual', 'manual'],
    ['manual, pending', 'running', 'running'],
    ['created, manual!', 'created', 'skipped'],
    ['created, skipped', 'pending', 'skipped'],
    ['created, failed', 'running', 'running'],
    ['pending, created', 'pending', 'pending'],
    ['pending, success', 'running', 'running'],
    ['scheduled, success', 'scheduled', 'scheduled'],
    ['scheduled, failed', 'scheduled', 'scheduled'],
    ['scheduled, created', 'scheduled', 'scheduled'],
    ['canceling, success', 'canceling', 'canceling'],
    ['canceled, created', 'running', 'running'],
  ])('of %s is %s for a stage and %s as needs', (written, stage, needs) => {
    expect(compositeStatus(set(written), { strict: false })).toBe(stage)
    expect(compositeStatus(set(written), { strict: true })).toBe(needs)
  })

  it('of no jobs is null', () => {
    expect(compositeStatus([], { strict: false })).toBeNull()
    expect(compositeStatus([], { strict: true })).toBeNull()
  })
})

const verdict = (when: When, byStage: boolean, before: readonly Predecessor[]) => {
  const outcome = outcomeBefore({ byStage }, before)
  if (outcome === null) return 'wait'
  return fires(when, { byStage }, outcome) ? 'fire' : 'skip'
}

describe('a job that waits', () => {
  const every: Predecessor[] = [
    ...JOB_STATUSES.flatMap((status) => [true, false].map((allowFailure) => ({ status, allowFailure, settled: true }))),
    ...[true, false].map((allowFailure) => ({ status: 'failed' as const, allowFailure, settled: false })),
  ]
  const sets = [
    [],
    ...every.map((one) => [one]),
    ...every.flatMap((one) => every.map((other) => [one, other])),
    ...every.flatMap((one) => every.flatMap((other) => every.map((third) => [one, other, third]))),
  ]
  const spelled = (before: readonly Predecessor[]) =>
    before.map((one) => `${one.status}${one.allowFailure ? '!' : ''}${one.settled ? '' : '?'}`).join(', ')

  for (const byStage of [true, false]) {
    it.each(WHEN)(
      `${byStage ? 'for earlier stages' : 'for its needs'} with when: %s fires or is skipped after every set of up to three jobs as the rules say`,
      (when) => {
        const wrong = sets.filter((before) => verdict(when, byStage, before) !== expectedVerdict(when, byStage, before))
        expect(wrong.map(spelled)).toEqual([])
      },
    )
  }

  it.each([
    ['on_success', 'needs', 'manual!', 'skip'],
    ['on_success', 'needs', 'manual', 'wait'],
    ['on_success', 'stage', 'manual!', 'fire'],
    ['delayed', 'needs', 'manual!', 'skip'],
    ['on_failure', 'needs', 'failed, manual!', 'skip'],
    ['on_failure', 'needs', 'failed, skipped', 'skip'],
    ['on_failure', 'stage', 'failed, skipped', 'fire'],
    ['on_success', 'stage', 'canceled!', 'fire'],
    ['on_success', 'needs', 'success, canceled!', 'fire'],
    ['on_failure', 'stage', 'canceled!', 'skip'],
    ['always', 'stage', 'success, canceled', 'skip'],
    ['always', 'needs', 'canceled', 'skip'],
    ['always', 'needs', 'canceled, skipped', 'fire'],
    ['always', 'needs', 'manual!, running', 'fire'],
    ['always', 'stage', 'failed, canceled', 'fire'],
  ] as const)('with when: %s by %s after %s: %s', (when, kind, before, expected) => {
    expect(verdict(when, kind === 'stage', set(before))).toBe(expected)
  })
})
