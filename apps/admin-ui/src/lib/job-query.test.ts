import { describe, expect, it } from 'vitest'
import { isCommit, jobNumber, keyedWord, queryWord, queryWords, readQuery, statusNamed } from './job-query.ts'

describe('a search of jobs', () => {
  it('has values by key, and a text', () => {
    expect(readQuery('status:failed unit tag:gpu  runner:x project:shop/web tests')).toEqual({
      values: { status: 'failed', tag: 'gpu', runner: 'x', project: 'shop/web' },
      text: 'unit tests',
    })
  })

  it('keeps values in quotes together, also while they are typed', () => {
    expect(readQuery('tag:"big machine" a').values).toEqual({ tag: 'big machine' })
    expect(readQuery('tag:"big ma').values).toEqual({ tag: 'big ma' })
    expect(queryWords('tag:"big machine" a')).toEqual(['tag:"big machine"', 'a'])
    expect(readQuery(queryWord('tag', 'big machine')).values).toEqual({ tag: 'big machine' })
  })

  it('takes the last of several values, and no empty one', () => {
    expect(readQuery('ref:a ref:b tag:')).toEqual({ values: { ref: 'b' }, text: '' })
  })

  it('leaves unknown keys in the text', () => {
    expect(keyedWord('build:linux')).toBeNull()
    expect(readQuery('build:linux STATUS:failed')).toEqual({ values: { status: 'failed' }, text: 'build:linux' })
  })
})

it('a number is that of a job, with or without its sign', () => {
  expect(['#34', '34', ' 34 ', '0', '#', '034', '2147483648', '34a'].map(jobNumber)).toEqual([
    ...[34, 34, 34, null, null, null, null, null],
  ])
})

it('a commit is named as a whole', () => {
  expect([
    isCommit('7'.repeat(40)),
    isCommit('a'.repeat(64)),
    isCommit('7'.repeat(8)),
    isCommit('g'.repeat(40)),
  ]).toEqual([true, true, false, false])
})

it('a status is named by its beginning, unless that is not clear', () => {
  expect(['failed', 'fai', 'Waiting for', 'cancel', 'canceled', 's', 'none'].map(statusNamed)).toEqual([
    ...['failed', 'failed', 'waiting_for_resource', null, 'canceled', null, null],
  ])
})
