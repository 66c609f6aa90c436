import { expect, test } from 'vitest'
import type { AuditEvent } from './api.ts'
import { actorName, givenFields, otherDetails } from './audit.ts'

const event = (details: AuditEvent['details']): AuditEvent => ({
  id: 1,
  at: '2026-11-24T00:00:00.000Z',
  actor: { kind: 'session', address: '127.0.0.1', session: '0a1b2c3d' },
  action: 'runners.update',
  subjectKind: 'runner',
  subjectId: 4,
  subjectIds: [4],
  outcome: 'done',
  details,
})

test('the input is listed field by field, and fields without a recorded value by name', () => {
  const given = { input: { paused: true, tagList: ['a', 'b'], statuses: [] }, withoutValue: ['url'], code: 'CONFLICT' }
  expect(givenFields(event(given))).toEqual([
    ['paused', 'true'],
    ['tagList', 'a, b'],
    ['statuses', 'none'],
    ['url', null],
  ])
  expect(otherDetails(event(given))).toEqual([['code', 'CONFLICT']])
  expect(givenFields(event({}))).toEqual([])
})

test('an actor is named by its credential, a session by its beginning', () => {
  expect(actorName(event({}).actor)).toBe('Session 0a1b2c3d')
  expect(actorName({ kind: 'registration_token', address: null })).toBe('Registration token')
})
