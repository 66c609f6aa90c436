import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDuration, parseExpiry } from './duration.ts'

const UNITS: readonly (readonly [string, number])[] = [
  ['s sec secs second seconds', 1],
  ['m min mins minute minutes', 60],
  ['h hr hrs hour hours', 3600],
  ['d dy day days', 86_400],
  ['w wk wks week weeks', 604_800],
  ['mo mos month months', 2_592_000],
  ['y yr yrs year years', 31_557_600],
]

describe('parseDuration', () => {
  it.each([
    ['42', 42],
    ['3 mins 4 sec', 184],
    ['2 hrs 20 min', 8400],
    ['2h20min', 8400],
    ['7 days', 604_800],
    ['1 week', 604_800],
    ['3 weeks and 2 days', 1_987_200],
    ['6 mos 1 day', 15_638_400],
    ['47 yrs 6 mos and 4d', 1_499_104_800],
    ['0', 0],
    ['', 0],
    ['   ', 0],
  ])('reads the documented %j as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each(UNITS.flatMap(([spellings, seconds]) => spellings.split(' ').map((unit) => [unit, seconds] as const)))(
    'knows the unit %s',
    (unit, seconds) => {
      expect(parseDuration(`3 ${unit}`)).toBe(3 * seconds)
      expect(parseDuration(`3${unit.toUpperCase()}`)).toBe(3 * seconds)
      expect(parseDuration(unit)).toBe(seconds)
    },
  )

  it.each([
    ['3:41:59', 13_319],
    ['3 : 41 : 59', 13_319],
    ['1:30', 90],
    ['1:30.5', 90.5],
    ['1:0:0:0', 86_400],
    ['1:0:0:0:0', 2_592_000],
    ['1:0:0:0:0:0', 31_557_600],
  ])('reads the clock form %j', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each([
    ['1.5 hours', 5400],
    ['.5h', 1800],
    ['0.25 min', 15],
    ['0.5s', 0.5],
  ])('reads the fraction in %j', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each([
    ['two weeks', 1_209_600],
    ['twenty-five days', 2_160_000],
    ['twenty five days', 2_160_000],
    ['one hundred seconds', 100],
    ['hundred days', 8_640_000],
    ['two hundred and five days', 17_712_000],
    ['three thousand four hundred and fifty six s', 3456],
    ['2 thousand secs', 2000],
    ['two million and three hundred thousand s', 2_300_000],
    ['Nineteen MINUTES', 1140],
    ['zero days', 0],
  ])('reads the spelled-out number in %j', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each([
    ['1 day, 2 hours', 93_600],
    ['1 day,2 hours', 93_600],
    ['1 day with 2 hours plus 3 sec', 93_603],
    ['and 1 day and', 86_400],
  ])('skips joining words and commas beside words in %j', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it('reads a number at the very end as seconds', () => {
    expect(parseDuration('1 min 5')).toBe(65)
  })

  it('ignores a number that is followed by another number', () => {
    expect(parseDuration('5 6 days')).toBe(6 * 86_400)
    expect(parseDuration('one two days')).toBe(2 * 86_400)
  })

  it('reads a leading unit without a number as one of it', () => {
    expect(parseDuration('day')).toBe(86_400)
    expect(parseDuration('minute 30sec')).toBe(90)
  })

  it.each(['never', 'NEVER', ' Never '])('reads %j as never', (text) => {
    expect(parseDuration(text)).toBe('never')
  })

  it.each([
    'soon',
    'a day',
    '-5 days',
    '1e5',
    '5 fortnights',
    'never ever',
    '1,000 days',
    '5,',
    '1:2:3:4:5:6:7',
    '1:',
    ':1',
    '5.',
    '1 day\u0000',
    '٣ days',
    '9'.repeat(400),
    '7001 years',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeNull()
  })

  const words = fc.constantFrom(
    ...'1 2.5 .5 0 : , - . and with plus never day weeks h two twenty hundred thousand million soon'.split(' '),
    ' ',
    '9'.repeat(30),
  )
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words, { maxLength: 40 }).map((all) => all.join(' ')),
    fc.array(words, { maxLength: 40 }).map((all) => all.join('')),
  )

  it('never throws, and returns never, null or a finite number of seconds from 0 on', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const duration = parseDuration(text)
        if (duration === null || duration === 'never') return
        expect(Number.isFinite(duration)).toBe(true)
        expect(duration).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(new Date(Date.now() + duration * 1000).getTime())).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('adds up any list of numbers and units', () => {
    const part = fc.record({
      count: fc.integer({ min: 0, max: 1000 }),
      unit: fc.constantFrom(...UNITS.map(([spellings, seconds]) => ({ name: spellings.split(' ')[0], seconds }))),
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = parts.map(({ count, unit }) => `${count}${unit.name}`).join(' ')
        const sum = parts.reduce((total, { count, unit }) => total + count * unit.seconds, 0)
        expect(parseDuration(text)).toBe(sum)
      }),
    )
  })

  // A quadratic step would take minutes at this size. Processor time does not depend on what else the machine does.
  it.each(['1', 'a', '1:', '. ', '-', ',', ' ', 'one ', 'hundred and ', 'twenty-', '1 day '])(
    'takes linear time for a long run of %j',
    (piece) => {
      const text = piece.repeat(300_000)
      const start = process.threadCpuUsage()
      parseDuration(text)
      expect(process.threadCpuUsage(start).user).toBeLessThan(5_000_000)
    },
  )
})

describe('parseExpiry', () => {
  it.each(['', '0', 'never', '0 days'])('reads %j as no expiry', (text) => {
    expect(parseExpiry(text)).toBe('never')
  })

  it('keeps durations and refusals as they are', () => {
    expect(parseExpiry('7d')).toBe(604_800)
    expect(parseExpiry('soon')).toBeNull()
  })
})
