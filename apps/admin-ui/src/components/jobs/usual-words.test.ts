import { expect, it } from 'vitest'
import { usualWords } from './usual-words.ts'

it('a job is compared with how long it usually takes', () => {
  const of = (seconds: number | null) => usualWords(130_000, seconds === null ? null : seconds * 1000)
  expect(of(null)).toEqual({ words: ' once it runs', isLong: false })
  expect(of(0)).toEqual({ words: ', about 2 m 10 s left', isLong: false })
  expect(of(129.9)).toEqual({ words: ', about 1 s left', isLong: false })
  expect(of(130)).toEqual({ words: ', about as long this time', isLong: false })
  expect(of(162)).toEqual({ words: ', about as long this time', isLong: false })
  expect(of(195)).toEqual({ words: ', 1 m 05 s longer this time', isLong: true })
})

it('a few seconds more than a short time are nothing special', () => {
  expect(usualWords(2_000, 9_000)).toEqual({ words: ', about as long this time', isLong: false })
  expect(usualWords(2_000, 13_000)).toEqual({ words: ', 11 s longer this time', isLong: true })
})
