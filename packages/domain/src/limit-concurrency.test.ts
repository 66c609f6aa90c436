import { expect, it } from 'vitest'
import { limitConcurrency } from './limit-concurrency.ts'

const later = () => new Promise((resolve) => setImmediate(resolve))

it('runs a limited number at a time, in the order they came', async () => {
  const turns = limitConcurrency(2)
  const begun: number[] = []
  let running = 0
  const work = (number: number) => async () => {
    begun.push(number)
    running += 1
    expect(running).toBeLessThanOrEqual(2)
    await later()
    running -= 1
    return number
  }
  const numbers = Array.from({ length: 9 }, (_, index) => index)
  expect(await Promise.all(numbers.map((number) => turns(work(number))))).toEqual(numbers)
  expect(begun).toEqual(numbers)
  expect(await turns(work(9))).toBe(9)
})

it('continues after work that failed', async () => {
  const turns = limitConcurrency(1)
  const failing = turns(() => Promise.reject(new Error('broken')))
  const next = turns(async () => 'done')
  await expect(failing).rejects.toThrow('broken')
  expect(await next).toBe('done')
})
