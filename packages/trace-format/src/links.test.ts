import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration } from './line.ts'
import { findLinks } from './links.ts'

const urls = (text: string) => findLinks(text).map((link) => link.url)

describe('links in a line', () => {
  it.each([
    ['see https://example.com/a?b=1#c.', ['https://example.com/a?b=1#c']],
    ['(http://example.com/x_(y)) and', ['http://example.com/x_(y)']],
    ['[docs](https://example.com/), "http://other.test"', ['https://example.com/', 'http://other.test']],
    ['HTTP://EXAMPLE.com!', ['HTTP://EXAMPLE.com']],
    ['<a href="https://example.com">', ['https://example.com']],
    ['http://[::1]:8080/x', ['http://[::1]:8080/x']],
    ['http:// nothing, ftp://other, javascript:alert(1), xhttp://no.test', []],
  ])('%j has %j', (text, expected) => {
    expect(urls(text)).toEqual(expected)
  })

  it('are returned with their offsets, in order and without overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('http://a.b', ')', '(', ' ', '.', '🛹', 'https://')), (parts) => {
        const text = parts.join('')
        let at = 0
        for (const { start, end, url } of findLinks(text)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(text.slice(start, end)).toBe(url)
          at = end
        }
      }),
    )
  })

  it('are found in a mebibyte of brackets', () => {
    expect(urls(`http://a.b/${')'.repeat(1_048_576)}`)).toEqual(['http://a.b/'])
  })
})

describe('a duration', () => {
  it.each([
    [0, '00:00'],
    [61, '01:01'],
    [3_600, '01:00:00'],
    [-5, '00:00'],
  ])('of %d seconds is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text))
})
