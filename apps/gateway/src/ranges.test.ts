import { expect, test } from 'vitest'
import { type Representation, select } from './ranges.ts'

const modifiedAt = new Date('2026-03-01T12:00:00.700Z')
const HTTP_DATE = 'Sun, 01 Mar 2026 12:00:00 GMT'
const about: Representation = { size: 100, modifiedAt, etag: '"abc"' }

const selected = (headers: Record<string, string>, of: Representation = about) => {
  const selection = select({ headers }, of)
  return 'start' in selection ? [selection.status, selection.start, selection.end] : [selection.status]
}

test.each([
  ['bytes=0-9', [206, 0, 10]],
  ['bytes=0-0', [206, 0, 1]],
  ['bytes=90-', [206, 90, 100]],
  ['bytes=-10', [206, 90, 100]],
  ['bytes=-1000', [206, 0, 100]],
  ['bytes=50-1000', [206, 50, 100]],
  ['Bytes=1-2', [206, 1, 3]],
  ['bytes=99-99', [206, 99, 100]],
  ['bytes=100-', [416]],
  ['bytes=100-200', [416]],
  ['bytes=-0', [416]],
  ['bytes=99999999999999999999-', [416]],
  // Not a range, several ranges, a range the wrong way round, another unit: as if nothing had been asked for.
  ['bytes=', [200, 0, 100]],
  ['bytes=-', [200, 0, 100]],
  ['bytes=a-b', [200, 0, 100]],
  ['bytes=5-4', [200, 0, 100]],
  ['bytes=0-1,5-6', [200, 0, 100]],
  ['lines=0-1', [200, 0, 100]],
])('the range %s selects %j', (range, expected) => {
  expect(selected({ range })).toEqual(expected)
})

test('nothing can be taken out of an empty object', () => {
  expect(selected({ range: 'bytes=0-' }, { size: 0 })).toEqual([416])
  expect(selected({}, { size: 0 })).toEqual([200, 0, 0])
})

test('a range is for who holds the beginning of the same object', () => {
  const range = 'bytes=10-'
  expect(selected({ range, 'if-range': HTTP_DATE })).toEqual([206, 10, 100])
  expect(selected({ range, 'if-range': '"abc"' })).toEqual([206, 10, 100])
  expect(selected({ range, 'if-range': 'W/"abc"' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': '"other"' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': 'Sun, 01 Mar 2026 12:00:01 GMT' })).toEqual([200, 0, 100])
  expect(selected({ range, 'if-range': 'nonsense' })).toEqual([200, 0, 100])
})

test('who has it already is told so, by date or by tag', () => {
  expect(selected({ 'if-modified-since': HTTP_DATE })).toEqual([304])
  expect(selected({ 'if-modified-since': 'Sun, 01 Mar 2026 11:59:59 GMT' })).toEqual([200, 0, 100])
  expect(selected({ 'if-modified-since': 'nonsense' })).toEqual([200, 0, 100])
  expect(selected({ 'if-none-match': '"x", W/"abc"' })).toEqual([304])
  expect(selected({ 'if-none-match': '*' })).toEqual([304])
  // A tag that does not match outweighs any date.
  expect(selected({ 'if-none-match': '"x"', 'if-modified-since': HTTP_DATE })).toEqual([200, 0, 100])
  expect(selected({ 'if-modified-since': HTTP_DATE, range: 'bytes=0-1' })).toEqual([304])
})
