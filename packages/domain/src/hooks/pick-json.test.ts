import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FORGES } from './forges.ts'
import { pickJson } from './pick-json.ts'
import { githubPullRequest, githubPush, gitlabPush } from './testing/payloads.ts'

function run(text: string, schema: z.ZodType): { readonly value: unknown; readonly pauses: number } {
  const work = pickJson(text, schema)
  for (let pauses = 0; ; pauses++) {
    const step = work.next()
    if (step.done) return { value: step.value, pauses }
  }
}
const pick = (text: string, schema: z.ZodType) => run(text, schema).value

const Some = z.object({
  a: z.string().nullish().catch(null),
  list: z.array(z.object({ id: z.number(), name: z.string().transform((name) => name) })).optional(),
  deep: z.object({ record: z.record(z.string(), z.unknown()).nullish() }).nullable(),
})

/** Makes JSON so long that it is not parsed in one go, with the same wanted parts. */
const lengthened = (json: string): string => `{"filling":"${'\\"{['.repeat(30_000)}",${json.trim().slice(1)}`

const parsed =
  '{"a":"x","other":[1,{"a":2}],"list":[{"id":1,"name":"n","more":{}},5,null],"deep":{"record":{"k":1,"o":{}}}}'
const PICKED = {
  a: 'x',
  list: [{ id: 1, name: 'n' }, null, null],
  deep: { record: { k: 1, o: null } },
}

describe('fields taken out of JSON', () => {
  it('are those of the schema, whether it is parsed or scanned', () => {
    expect(pick(parsed, Some)).toEqual(PICKED)
    expect(pick(lengthened(parsed), Some)).toEqual(PICKED)
  })

  it('are the same for each payload of a forge', () => {
    for (const body of [githubPush(), githubPullRequest('opened')]) {
      const text = JSON.stringify(body)
      expect(pick(lengthened(text), FORGES.github.fields)).toEqual(pick(text, FORGES.github.fields))
    }
    const text = JSON.stringify(gitlabPush({ push_options: { ci: { skip: true, variable: { 'A=b': 1 } } } }))
    expect(pick(lengthened(text), FORGES.gitlab.fields)).toEqual(pick(text, FORGES.gitlab.fields))
  })

  it('are the same for any JSON', () => {
    const Any = z.object({
      a: z.string(),
      b: z.array(z.object({ a: z.number() })),
      '': z.record(z.string(), z.unknown()),
    })
    const member = fc.constantFrom('a', 'b', '', '__proto__', 'x"y', '\\')
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(member, fc.jsonValue({ maxDepth: 2 })))
    fc.assert(
      fc.property(fc.dictionary(member, value, { noNullPrototype: true }), (given) => {
        const text = JSON.stringify(given)
        fc.pre(text !== '{}')
        expect(pick(lengthened(text), Any)).toEqual(pick(text, Any))
      }),
      { numRuns: 300 },
    )
  })

  it('are bounded: long texts and lists are cut off', () => {
    const long = JSON.stringify({
      a: 'x'.repeat(100_000),
      list: Array.from({ length: 10_000 }, (_, id) => ({ id, name: '' })),
    })
    const { a, list } = pick(long, Some) as { a: string; list: unknown[] }
    expect([a.length, list.length, list.at(-1)]).toEqual([16_384, 100, { id: 99, name: '' }])
  })

  it('are found in pieces', () => {
    const commits = Array.from({ length: 10_000 }, (_, n) => ({
      id: `${n}`,
      message: 'x'.repeat(2_000),
      added: [],
      'x"': '"',
    }))
    const { value, pauses } = run(JSON.stringify(githubPush({ commits })), FORGES.github.fields)
    expect(value).toMatchObject({ ref: 'refs/heads/topic/lamp' })
    expect(pauses).toBeGreaterThan(100)
  })
})

describe('JSON that is cut off', () => {
  it.each([parsed, lengthened(parsed)])('is refused at every byte', (text) => {
    const step = Math.max(1, Math.floor(text.length / 2_000))
    for (let end = 0; end < text.length; end += end < text.length - 200 ? step : 1) {
      expect(() => pick(text.slice(0, end), Some)).toThrow(SyntaxError)
    }
    expect(() => pick(`${text}]`, Some)).toThrow(SyntaxError)
    expect(() => pick(`${text}{}`, Some)).toThrow(SyntaxError)
  })

  it('has depth without end, and is passed over', () => {
    const deep = 1_000_000
    const text = `{"x":${'['.repeat(deep)}${']'.repeat(deep)},"a":"found"}`
    expect(pick(text, Some)).toEqual({ a: 'found' })
    expect(() => pick(text.replace('"a"', ']"a"'), Some)).toThrow(SyntaxError)
  })
})

it('takes nothing out of another prototype', () => {
  expect(pick('{"__proto__":{"a":"x"},"constructor":1}', Some)).toEqual({})
  expect(({} as { a?: string }).a).toBeUndefined()
})
