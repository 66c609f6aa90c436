import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Deadlines } from './deadlines.ts'

let deadlines: Deadlines<Thing>
let ended: string[]
beforeEach(() => {
  vi.useFakeTimers()
  deadlines = new Deadlines(() => Date.now())
  ended = []
})
afterEach(() => vi.useRealTimers())

class Thing {
  readonly name: string
  readonly onEnd: () => void

  constructor(name: string, onEnd = () => {}) {
    this.name = name
    this.onEnd = onEnd
  }

  expire(): void {
    ended.push(this.name)
    this.onEnd()
  }
}

it('ends each thing once, at its time', () => {
  deadlines.add(new Thing('long'), 500)
  deadlines.add(new Thing('short'), 100)
  vi.advanceTimersByTime(50)
  deadlines.add(new Thing('short, later'), 100)
  vi.advanceTimersByTime(50)
  expect(ended).toEqual(['short'])
  vi.advanceTimersByTime(49)
  expect(ended).toEqual(['short'])
  vi.advanceTimersByTime(1)
  expect(ended).toEqual(['short', 'short, later'])
  vi.advanceTimersByTime(10_000)
  expect(ended).toEqual(['short', 'short, later', 'long'])
})

it('does not end deleted things, even the first of those with the same duration', () => {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => new Thing(name)) as [Thing, Thing, Thing]
  for (const one of [first, second, third]) deadlines.add(one, 100)
  deadlines.delete(first, 100)
  deadlines.delete(third, 100)
  deadlines.delete(third, 100)
  vi.advanceTimersByTime(100)
  expect(ended).toEqual(['second'])
})

it('has one timer for all things of the same duration, and no timer when nothing is left', () => {
  const things = Array.from({ length: 100 }, (_, n) => new Thing(String(n)))
  for (const one of things) deadlines.add(one, 100)
  expect(vi.getTimerCount()).toBe(1)
  for (const one of things) deadlines.delete(one, 100)
  expect(vi.getTimerCount()).toBe(0)
  expect([...deadlines]).toEqual([])
})

it('accepts things that are added while others end', () => {
  deadlines.add(new Thing('first', () => deadlines.add(new Thing('next'), 100)), 100)
  vi.advanceTimersByTime(100)
  expect([...deadlines].map(({ name }) => name)).toEqual(['next'])
  vi.advanceTimersByTime(100)
  expect(ended).toEqual(['first', 'next'])
  expect(vi.getTimerCount()).toBe(0)
})

it('does not end a thing that another one deleted at the same time', () => {
  const second = new Thing('second')
  deadlines.add(new Thing('first', () => deadlines.delete(second, 100)), 100)
  deadlines.add(second, 100)
  vi.advanceTimersByTime(1_000)
  expect(ended).toEqual(['first'])
})

it('iterates over everything that has not ended', () => {
  deadlines.add(new Thing('a'), 100)
  deadlines.add(new Thing('b'), 200)
  vi.advanceTimersByTime(150)
  expect([...deadlines].map(({ name }) => name)).toEqual(['b'])
})
