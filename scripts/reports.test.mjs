import { describe, expect, it } from 'vitest'
import { listFailures, readPlaywright, readVitest } from './reports.mjs'

describe('readVitest', () => {
  const counts = { numPassedTests: 3, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1 }
  const passed = { status: 'passed', fullName: 'adds up', failureMessages: [] }

  it('names each failed test with its file and the head of its message, without colours', () => {
    const message = `\u001b[31mError: 2 is not 3\u001b[39m\n${'    at x\n'.repeat(40)}`
    const failed = { status: 'failed', fullName: 'sums are right', failureMessages: [message] }
    const report = readVitest({
      ...counts,
      testResults: [
        { name: `${process.cwd()}/src/sum.test.ts`, status: 'failed', message: '', assertionResults: [passed, failed] },
      ],
    })

    expect(report).toMatchObject({ passed: 3, failed: 1, skipped: 2 })
    expect(report.failures).toHaveLength(1)
    expect(report.failures[0].name).toBe('src/sum.test.ts › sums are right')
    expect(report.failures[0].message.split('\n')[0]).toBe('Error: 2 is not 3')
    expect(report.failures[0].message.split('\n').length).toBeLessThan(20)
  })

  it('counts a file that could not be loaded as a failure', () => {
    const report = readVitest({
      ...counts,
      numFailedTests: 0,
      testResults: [
        { name: '/away/broken.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
      ],
    })

    expect(report.failed).toBe(1)
    expect(report.failures).toEqual([{ name: '/away/broken.test.ts', message: 'no such module' }])
  })
})

describe('readPlaywright', () => {
  it('names each failed test with its project, file and groups, and errors outside of tests', () => {
    const spec = (title, status, message) => ({
      title,
      tests: [{ projectName: 'production', status, results: [{ errors: message ? [{ message }] : [] }] }],
    })
    const report = readPlaywright({
      stats: { expected: 5, flaky: 1, unexpected: 1, skipped: 2 },
      suites: [
        {
          title: 'logs/stream.spec.ts',
          specs: [spec('opens', 'expected')],
          suites: [{ title: 'a cut line', specs: [spec('is shown whole', 'unexpected', 'Error: timed out')] }],
        },
      ],
      errors: [{ message: 'the server did not start' }],
    })

    expect(report).toMatchObject({ passed: 6, failed: 2, skipped: 2 })
    expect(listFailures(report.failures)).toBe(
      [
        '✗ [production] logs/stream.spec.ts › a cut line › is shown whole\n    Error: timed out',
        '✗ outside of any test\n    the server did not start',
      ].join('\n\n'),
    )
  })
})
