import { expect, test } from 'vitest'
import { BodyBudget } from './body-budget.ts'

const body = (given: string[], name: string) => ({ give: () => void given.push(name) })

test('bodies that fit into the budget are kept', () => {
  const given: string[] = []
  const budget = new BodyBudget(100)
  const a = body(given, 'a')
  budget.hold(a, 32)
  budget.hold(a, 64)
  budget.hold(body(given, 'b'), 32)
  expect([given, budget.used]).toEqual([[], 96])
  budget.hold(a, 0)
  expect(budget.used).toBe(32)
})

test('when it is used up the largest body is dropped, and the oldest of equally large ones', () => {
  const given: string[] = []
  const budget = new BodyBudget(100)
  budget.hold(body(given, 'small'), 16)
  budget.hold(body(given, 'older'), 32)
  budget.hold(body(given, 'newer'), 32)
  budget.hold(body(given, 'latest'), 32)
  expect([given, budget.used]).toEqual([['older'], 80])
})

test('a body that outgrows the budget is dropped itself', () => {
  const given: string[] = []
  const budget = new BodyBudget(100)
  const large = body(given, 'large')
  budget.hold(body(given, 'small'), 16)
  budget.hold(large, 64)
  budget.hold(large, 128)
  expect([given, budget.used]).toEqual([['large'], 16])
})
