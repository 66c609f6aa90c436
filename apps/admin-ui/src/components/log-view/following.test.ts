import { describe, expect, it } from 'vitest'
import { Following } from './following.ts'

describe('following a log', () => {
  it('continues while the user scrolls at the end', () => {
    const following = new Following(true)
    following.scrolled(40, { atEnd: true, lines: 10 })
    expect(following.on).toBe(true)
  })

  it('ends when the user scrolls up, and counts new lines from then on', () => {
    const following = new Following(true)
    following.scrolled(-1, { atEnd: true, lines: 10 })
    expect(following.on).toBe(false)
    expect(following.newLines(10)).toBe(0)
    expect(following.newLines(35)).toBe(25)
    following.scrolled(-100, { atEnd: false, lines: 35 })
    expect(following.newLines(40)).toBe(30)
  })

  it('resumes when the user scrolls back to the end, or asks for it', () => {
    const following = new Following(false)
    following.scrolled(300, { atEnd: false, lines: 10 })
    expect(following.on).toBe(false)
    following.scrolled(300, { atEnd: true, lines: 10 })
    expect(following.on).toBe(true)
    following.letGo(10)
    following.resume()
    expect([following.on, following.newLines(99)]).toEqual([true, 0])
  })

  it('does not begin because the log shrank to its end', () => {
    const following = new Following(false)
    following.scrolled(-10, { atEnd: true, lines: 10 })
    expect(following.on).toBe(false)
  })
})
