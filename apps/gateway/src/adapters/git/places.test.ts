import { expect, it } from 'vitest'
import { Places } from './places.ts'

const never = new AbortController().signal

it('gives places in the order in which callers came', async () => {
  const places = new Places({ most: 1, mostWaiting: 2, waitMs: 600_000 })
  const first = await places.take(never)
  const order: string[] = []
  const second = places.take(never).then((place) => {
    order.push('second')
    return place
  })
  const third = places.take(never).then((place) => {
    order.push('third')
    return place
  })
  expect(await places.take(never)).toBeNull()
  first?.[Symbol.dispose]()
  ;(await second)?.[Symbol.dispose]()
  ;(await third)?.[Symbol.dispose]()
  expect(order).toEqual(['second', 'third'])
  using again = await places.take(never)
  expect(again).not.toBeNull()
})

it('sends away who waits too long or has gone', async () => {
  const places = new Places({ most: 1, mostWaiting: 10, waitMs: 20 })
  using taken = await places.take(never)
  expect(taken).not.toBeNull()
  expect(await places.take(never)).toBeNull()
  expect(await places.take(AbortSignal.abort())).toBeNull()
  const going = new AbortController()
  const patient = new Places({ most: 0, mostWaiting: 10, waitMs: 600_000 })
  const waiting = patient.take(going.signal)
  going.abort()
  expect(await waiting).toBeNull()
})
