import { describe, expect, it } from 'vitest'
import { isReadable, normalUrl } from './target.ts'

describe('an address', () => {
  it.each([
    ['https://ci.example.com/', 'https://ci.example.com'],
    ['ci.example.com/ci/', 'https://ci.example.com/ci'],
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['HTTP://Ci.Example.com:80/?a#b', 'http://ci.example.com'],
  ])('%s is %s', (given, url) => {
    expect(normalUrl(given)).toBe(url)
  })

  it.each(['', 'ftp://x', 'https://', 'https://u:p@ci.example.com', 'javascript:alert(1)', 'a b'])(
    'is not %j',
    (given) => {
      expect(() => normalUrl(given)).toThrow()
    },
  )

  it('is readable on the way unless it is encrypted or of this machine', () => {
    expect(['http://ci.example.com', 'http://127.1.example.com'].map(isReadable)).toEqual([true, true])
    expect(
      ['https://ci.example.com', 'http://localhost:1', 'http://[::1]', 'http://127.0.0.2'].map(isReadable),
    ).toEqual([...[false, false, false, false]])
  })
})
