import { describe, expect, it } from 'vitest'
import {
  DEFAULT_ATTRIBUTES,
  invalidRunner,
  RUNNER_LIMITS,
  type RunnerChanges,
  violationSentences,
  withChanges,
} from './validate-runner.ts'

const violations = (given: RunnerChanges, name: string | null = null) =>
  invalidRunner(withChanges(DEFAULT_ATTRIBUTES, given), name)?.violations ?? {}

describe('the attributes of a runner', () => {
  it('stay as they are where none is given', () => {
    const before = { ...DEFAULT_ATTRIBUTES, description: 'old', paused: true, tagList: ['a'], maximumTimeout: 600 }
    expect(withChanges(before, {})).toEqual(before)
    expect(withChanges(before, { description: null, paused: false, maximumTimeout: null })).toEqual({
      ...before,
      ...{ description: null, paused: false, maximumTimeout: null },
    })
  })

  it('have tags without blanks around them, blank ones and repeated ones left out', () => {
    expect(withChanges(DEFAULT_ATTRIBUTES, { tagList: [' b', 'a ', '', '  ', 'b', 'A'] }).tagList).toEqual([
      'b',
      'a',
      'A',
    ])
    expect(withChanges({ ...DEFAULT_ATTRIBUTES, tagList: ['a'] }, { tagList: [] }).tagList).toEqual([])
  })

  it('are all fine up to their limits', () => {
    const most = {
      tagList: Array.from({ length: RUNNER_LIMITS.tags }, (_, n) => `${n}`.padEnd(RUNNER_LIMITS.tag, 'é')),
      description: '😀'.repeat(RUNNER_LIMITS.description),
      maintenanceNote: 'a'.repeat(RUNNER_LIMITS.maintenanceNote),
    }
    expect(violations({ ...most, maximumTimeout: RUNNER_LIMITS.shortestTimeoutSeconds }, 'a'.repeat(256))).toEqual({})
    expect(violations({ maximumTimeout: RUNNER_LIMITS.longestTimeoutSeconds })).toEqual({})
    expect(violations({ tagList: ['a'], runUntagged: false })).toEqual({})
  })

  it.each<[string, RunnerChanges, object]>([
    [
      'no tags and no untagged jobs',
      { runUntagged: false, tagList: [' '] },
      { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] },
    ],
    [
      'too many tags',
      { tagList: Array.from({ length: 51 }, (_, n) => `${n}`) },
      { tags_list: ['Too many tags specified. Please limit the number of tags to 50'] },
    ],
    ['a long tag', { tagList: ['a'.repeat(256)] }, { tags_list: ['Tag is too long (maximum is 255 characters)'] }],
    ['a short time limit', { maximumTimeout: 599 }, { maximum_timeout: ['needs to be at least 10 minutes'] }],
    ['a time limit beyond the column', { maximumTimeout: 2 ** 31 }, { maximum_timeout: ['is too large'] }],
    [
      'a long note',
      { maintenanceNote: 'a'.repeat(1_025) },
      { maintenance_note: ['is too long (maximum is 1024 characters)'] },
    ],
    [
      'a description that is long in characters, not in units',
      { description: '😀'.repeat(1_025) },
      { description: ['is too long (maximum is 1024 characters)'] },
    ],
  ])('are refused for %s', (_, given, expected) => {
    expect(violations(given)).toEqual(expected)
  })

  it('are refused with all violations at once, also that of its name', () => {
    expect(violations({ maximumTimeout: 1, runUntagged: false }, 'a'.repeat(257))).toEqual({
      tags_list: [expect.any(String)],
      maximum_timeout: ['needs to be at least 10 minutes'],
      name: ['is too long (maximum is 256 characters)'],
    })
  })
})

it('violations become sentences that begin with the attribute', () => {
  expect(violationSentences({ maximum_timeout: ['is too large'], name: ['a', 'b'] })).toEqual([
    'Maximum timeout is too large',
    'Name a',
    'Name b',
  ])
})
