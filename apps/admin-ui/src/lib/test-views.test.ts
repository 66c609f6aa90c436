import { describe, expect, it } from 'vitest'
import type { PipelineTests } from './api.ts'
import { firstView, viewsOf } from './test-views.ts'

const test = (name: string, status: 'success' | 'failed' | 'error' | 'skipped', seconds: number | null = null) => ({
  ...{ name, classname: null, status, seconds, output: null, flaky: false },
})
const counts = { total: 0, failed: 0, skipped: 0, seconds: 0 }
const suite = (jobId: number, cases: PipelineTests['suites'][number]['cases']) => ({
  ...{ ...counts, name: 'unit', jobId, jobName: `job ${jobId}`, cases },
})
const name = (jobId: number, of: string) => ({ jobId, suite: 'unit', name: of, classname: null })

const tests = (given: Partial<PipelineTests>): PipelineTests => ({
  ...{ ...counts, suites: [], flaky: [], newlyFailed: [], comparedWith: null, notes: [], truncated: false, ...given },
})
const names = (views: ReturnType<typeof viewsOf>, view: keyof typeof views) => views[view].map((one) => one.name)

describe('the views of tests', () => {
  const views = viewsOf(
    tests({
      suites: [
        suite(1, [test('a', 'failed', 1), test('b', 'error'), test('c', 'success', 3), test('d', 'success', 0)]),
        suite(2, [test('a', 'success', 2), test('e', 'skipped')]),
      ],
      flaky: [name(2, 'a')],
      newlyFailed: [name(1, 'b')],
    }),
  )

  it('tell tests of the same name apart by their jobs', () => {
    expect(names(views, 'failed')).toEqual(['a', 'b'])
    expect(names(views, 'new')).toEqual(['b'])
    expect(views.flaky).toMatchObject([{ name: 'a', jobId: 2, jobName: 'job 2' }])
    expect(names(views, 'all')).toEqual(['a', 'b', 'c', 'd', 'a', 'e'])
    expect(new Set(views.all.map(({ key }) => key)).size).toBe(6)
  })

  it('list the slowest first, without those that took no time', () => {
    expect(names(views, 'slowest')).toEqual(['c', 'a', 'a'])
  })

  it('begin with what went wrong', () => {
    expect(firstView(views)).toBe('failed')
    const good = [suite(1, [test('a', 'success', 1)])]
    expect(firstView(viewsOf(tests({ suites: good, flaky: [name(1, 'a')] })))).toBe('flaky')
    expect(firstView(viewsOf(tests({ suites: good })))).toBe('all')
    expect(firstView(viewsOf(tests({})))).toBe('all')
  })
})
