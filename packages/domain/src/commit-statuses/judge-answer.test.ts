import { expect, it } from 'vitest'
import type { Forge } from './forge.ts'
import { judgeAnswer } from './judge-answer.ts'

const NOW = new Date('2026-01-31T12:00:00Z')
const seconds = (offset: number) => String(NOW.getTime() / 1000 + offset)
const judge = (status: number, { forge = 'github' as Forge, headers = {}, body = '' } = {}) =>
  judgeAnswer(forge, { answer: { status, headers, body } }, NOW)

it.each([
  [429, {}, '', 60_000],
  [429, { 'retry-after': '7' }, '', 7_000],
  [429, { 'retry-after': '0' }, '', 1_000],
  [429, { 'retry-after': '999999999999' }, '', 3_600_000],
  [429, { 'retry-after': 'Sat, 31 Jan 2026 12:01:30 GMT' }, '', 90_000],
  [429, { 'retry-after': 'soon' }, '', 60_000],
  [403, { 'retry-after': '60' }, '', 60_000],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': seconds(600) }, '', 600_000],
  [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': seconds(-5) }, '', 1_000],
  [403, { 'x-ratelimit-remaining': '0' }, '', 60_000],
  [403, {}, '{"message":"You have exceeded a secondary rate limit."}', 60_000],
])('%d with %j %s asks for a pause of %d ms', (status, headers, body, forMs) => {
  expect(judge(status, { headers, body })).toMatchObject({ kind: 'limited', forMs })
})

it('a limit that is not used up is no limit', () => {
  const headers = { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': seconds(600) }
  expect(judge(403, { headers })).toMatchObject({ kind: 'refused' })
  expect(judge(201, { headers })).toEqual({ kind: 'accepted' })
})

it.each([
  [401, '', /does not accept the token/],
  [403, '', /may not write statuses/],
  [404, '{"message":"404 Project Not Found"}', /does not find the repository or the commit/],
  [404, '{"message":"404 Commit Not Found"}', /does not know the commit/],
  [422, '{"message":"No commit found for SHA: 7"}', /does not know the commit/],
  [422, '{"errors":"This SHA and context has reached the maximum number of statuses."}', /takes no more statuses/],
  [422, '{"message":"Validation Failed"}', /refused the status with 422/],
  [301, '', /redirects are not followed/],
  [400, '', /refused the status with 400/],
])('%d %s is final: %s', (status, body, error) => {
  expect(judge(status, { body })).toMatchObject({ kind: 'refused', error: expect.stringMatching(error) })
})

it('what the forge may do later is tried again', () => {
  for (const status of [500, 502, 503, 408, 409, 425]) expect(judge(status)).toMatchObject({ kind: 'again' })
  expect(judgeAnswer('gitea', { failure: 'no answer within 10 s' }, NOW)).toEqual({
    kind: 'again',
    error: 'no answer within 10 s',
  })
})

it('GitLab alone may refuse a state because it has it', () => {
  const body = '{"message":"Cannot transition status via :run from :running"}'
  expect(judge(400, { forge: 'gitlab', body })).toEqual({ kind: 'accepted' })
  expect(judge(400, { forge: 'github', body })).toMatchObject({ kind: 'refused' })
})
