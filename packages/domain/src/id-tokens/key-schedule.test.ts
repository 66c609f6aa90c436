import { describe, expect, it } from 'vitest'
import { expiredAmong, signerAmong, successorAmong } from './key-schedule.ts'

const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)
const day = (number: number): Date => new Date(START + number * DAY_MS)

const key = (kid: string, signsFrom: Date, privateKey: string | null = 'text') => ({ kid, signsFrom, privateKey })
const kids = (keys: readonly { kid: string }[]) => keys.map(({ kid }) => kid)

describe('the signing key', () => {
  const keys = [key('a', day(0)), key('b', day(90)), key('c', day(180))]

  it('is the newest one that may sign', () => {
    const signers = [0, 89, 90, 179, 180, 1000].map((number) => signerAmong(keys, day(number))?.kid)
    expect(signers).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('is the oldest one when the clock is set back to before all of them', () => {
    expect(signerAmong(keys, day(-400))?.kid).toBe('a')
  })

  it('is never a damaged one', () => {
    expect(signerAmong([key('a', day(0)), key('b', day(90), null)], day(100))?.kid).toBe('a')
    expect(signerAmong([key('a', day(0), null), key('b', day(90))], day(1))?.kid).toBe('b')
    expect(signerAmong([key('a', day(0), null)], day(1))).toBeNull()
    expect(signerAmong([], day(1))).toBeNull()
  })
})

describe('a new key', () => {
  it('is made at once, and signs at once, when there is none that can sign', () => {
    expect(successorAmong([], day(3))).toEqual({ replaces: null, signsFrom: day(3) })
    const damaged = [key('a', day(0), null), key('b', day(90), null)]
    expect(successorAmong(damaged, day(100))).toEqual({ replaces: 'b', signsFrom: day(100) })
  })

  it('is made a week before the newest one has signed for 90 days', () => {
    const keys = [key('a', day(0)), key('b', day(10))]
    expect(successorAmong(keys, day(92))).toBeNull()
    expect(successorAmong(keys, day(93))).toEqual({ replaces: 'b', signsFrom: day(100) })
  })

  it('is published for a week before it signs, even if no process ran when it was due', () => {
    expect(successorAmong([key('a', day(0))], day(500))).toEqual({ replaces: 'a', signsFrom: day(507) })
  })

  it('is not made while one waits for its day', () => {
    expect(successorAmong([key('a', day(0)), key('b', day(507))], day(501))).toBeNull()
  })

  it('replaces a damaged one that was to be the next', () => {
    const keys = [key('a', day(0)), key('b', day(90), null)]
    expect(successorAmong(keys, day(85))).toEqual({ replaces: 'b', signsFrom: day(92) })
  })

  it('is always published for a week before the one before it stops signing', () => {
    let keys = [key('0', day(0))]
    for (let now = 0; now < 1000; now++) {
      const before = signerAmong(keys, day(now))?.kid
      const successor = successorAmong(keys, day(now))
      if (successor) keys = [...keys, key(String(keys.length), successor.signsFrom)]
      expect(signerAmong(keys, day(now))?.kid).toBe(before)
      expect(successor ? successor.signsFrom.getTime() : day(now + 7).getTime()).toBe(day(now + 7).getTime())
    }
    expect(keys.length).toBe(12)
  })
})

describe('an old key', () => {
  it('stays for 31 days after the next one began to sign: a token lives for 30 days at most', () => {
    const keys = [key('a', day(0)), key('b', day(90))]
    expect(kids(expiredAmong(keys, day(120)))).toEqual([])
    expect(kids(expiredAmong(keys, day(121)))).toEqual(['a'])
  })

  it('stays while the next one is damaged, because it signs in its place', () => {
    const keys = [key('a', day(0)), key('b', day(90), null), key('c', day(130))]
    expect(kids(expiredAmong(keys, day(160)))).toEqual([])
    expect(kids(expiredAmong(keys, day(161)))).toEqual(['a', 'b'])
  })

  it('is never the last one', () => {
    expect(expiredAmong([key('a', day(0))], day(10_000))).toEqual([])
  })
})
