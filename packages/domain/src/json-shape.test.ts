import fc from 'fast-check'
import { expect, it } from 'vitest'
import { measureJson } from './json-shape.ts'

function measure(text: string) {
  const measuring = measureJson(text)
  for (;;) {
    const step = measuring.next()
    if (step.done) return step.value
  }
}

const depthOf = (value: unknown): number =>
  typeof value !== 'object' || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf))
const valuesIn = (value: unknown): number =>
  typeof value !== 'object' || value === null ? 1 : Object.values(value).reduce((sum, one) => sum + valuesIn(one), 1)

it('returns the nesting depth of JSON, and never too few values', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, indent) => {
      const { depth, values } = measure(JSON.stringify(value, null, indent))
      expect(depth).toBe(depthOf(value))
      expect(values).toBeGreaterThanOrEqual(valuesIn(value))
      expect(values).toBeLessThanOrEqual(2 * valuesIn(value))
    }),
  )
})

it('does not take the content of strings for structure', () => {
  expect(measure(JSON.stringify({ '[': ['\\', '"[[[,,,', '\\"[,'] }))).toEqual({ depth: 2, values: 5 })
})

it('returns figures for any text', () => {
  fc.assert(fc.property(fc.string(), (text) => measure(text).values > 0))
})
