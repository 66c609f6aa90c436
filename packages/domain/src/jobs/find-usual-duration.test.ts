import { expect, it } from 'vitest'
import type { SuccessfulRun } from '../ports.ts'
import { findUsualDuration } from './find-usual-duration.ts'

const usual = async (runs: readonly SuccessfulRun[]) => {
  const jobs = { find: async () => ({ id: 1 }), successfulRuns: async () => runs } as never
  const answer = await findUsualDuration({ jobs }, 1)
  return answer.ok ? answer.value : answer.error
}
const on = (ref: string, seconds: number): SuccessfulRun => ({
  ...{ seconds, ref, isSameRef: ref === 'feature', isDefaultBranch: ref === 'main' },
})

it('a job usually takes the median of its ref', async () => {
  expect(await usual([on('main', 1), on('feature', 30), on('feature', 10), on('feature', 600)])).toEqual({
    ...{ seconds: 30, runs: 3, ref: 'feature' },
  })
  expect(await usual([on('feature', 10), on('feature', 21)])).toEqual({ seconds: 16, runs: 2, ref: 'feature' })
})

it('else that of the default branch, else that of all refs', async () => {
  expect(await usual([on('other', 1), on('main', 30)])).toEqual({ seconds: 30, runs: 1, ref: 'main' })
  expect(await usual([on('other', 1), on('third', 30), on('other', 5)])).toEqual({ seconds: 5, runs: 3, ref: null })
})

it('only the newest runs count, and a run takes a second at least', async () => {
  const old = Array.from({ length: 50 }, () => on('feature', 900))
  expect(await usual([...Array.from({ length: 20 }, () => on('feature', 0.2)), ...old])).toEqual({
    ...{ seconds: 1, runs: 20, ref: 'feature' },
  })
})

it('nothing is known of a job that has never succeeded, nor of one that is not there', async () => {
  expect(await usual([])).toEqual({ seconds: null, runs: 0, ref: null })
  const jobs = { find: async () => null } as never
  expect(await findUsualDuration({ jobs }, 7)).toEqual({ ok: false, error: { kind: 'job_not_found', id: 7 } })
})
