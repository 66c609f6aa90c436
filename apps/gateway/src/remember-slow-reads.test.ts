import { expect, it } from 'vitest'
import { rememberSlowReads } from './remember-slow-reads.ts'

/** A reader whose reads take as long as the test sets, on a clock of its own. */
function slowReader() {
  let time = 0
  let readings = 0
  let took = 0
  let fails = false
  const read = rememberSlowReads(
    async () => {
      readings += 1
      time += took
      if (fails) throw new Error('away')
      return readings
    },
    () => time,
  )
  return {
    read,
    pass: (ms: number) => {
      time += ms
    },
    takes: (ms: number) => {
      took = ms
    },
    fails: (now: boolean) => {
      fails = now
    },
  }
}

it('reads again at once while reads are quick', async () => {
  const { read, takes } = slowReader()
  takes(99)
  expect(await read()).toBe(1)
  expect(await read()).toBe(2)
})

it('reuses a slow result for nineteen times its duration', async () => {
  const { read, pass, takes } = slowReader()
  takes(100)
  expect(await read()).toBe(1)
  pass(1899)
  expect(await read()).toBe(1)
  pass(1)
  expect(await read()).toBe(2)
})

it('answers concurrent calls with one read', async () => {
  const { read } = slowReader()
  expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1])
})

it('reads again after a failure', async () => {
  const { read, fails } = slowReader()
  fails(true)
  await expect(read()).rejects.toThrow('away')
  fails(false)
  expect(await read()).toBe(2)
})
