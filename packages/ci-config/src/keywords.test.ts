import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Keyword } from './keywords/keyword.ts'
import { KEYWORDS, keywordFeatures, passedOn } from './keywords.ts'
import { parseDefinition, requiredFeatures } from './parse-job.ts'
import { DEFINITION, storedDefinition, upgradeDefinition } from './stored-definition.ts'
import { parsed } from './testing.ts'

const ALL = Object.entries<Keyword<unknown>>(KEYWORDS).map(([field, keyword]) => ({
  ...keyword,
  field: field as keyof typeof KEYWORDS,
}))
const EXAMPLES = ALL.flatMap((keyword) => keyword.examples.map((example) => ({ ...keyword, example })))

describe('the independent keywords', () => {
  it.each(EXAMPLES)('read $keyword: $example', ({ keyword, field, example, stored }) => {
    const definition = parsed({ [keyword]: example })
    expect(definition[field]).not.toEqual(stored.absent)
    expect({ ...definition, [field]: stored.absent }).toEqual(parsed({}))
  })

  it.each(ALL)('have their default without $keyword, and with null', ({ keyword, field, stored }) => {
    expect(parsed({})[field]).toEqual(stored.absent)
    expect(parsed({ [keyword]: null })[field]).toEqual(stored.absent)
  })

  it.each(EXAMPLES)('read $keyword as it was stored: $example', ({ keyword, field, example, stored }) => {
    const definition = parsed({ [keyword]: example })
    const written = JSON.parse(JSON.stringify(storedDefinition(definition)))
    expect(written.version).toBeGreaterThanOrEqual(stored.since)
    expect(upgradeDefinition(written)).toEqual(definition)
    const { [field]: _, ...older } = written
    expect(upgradeDefinition(older)[field]).toEqual(stored.absent)
  })

  it.each(ALL)('do not change the version of jobs without $keyword', ({ field, stored }) => {
    const written = storedDefinition(parsed({}))
    expect(written.version).toBe(1)
    expect(Object.hasOwn(written, field)).toBe(stored.since === 1)
  })

  it.each(EXAMPLES)('list the features that runners need for $keyword: $example', ({ keyword, example, feature }) => {
    if (feature) expect(requiredFeatures(parsed({ [keyword]: example }))).toContain(feature)
    expect(keywordFeatures(parsed({}))).not.toContain(true)
  })

  it.each(EXAMPLES)('pass $keyword on, or leave it to other code: $example', ({ keyword, field, example, payload }) => {
    const definition = parsed({ [keyword]: example })
    const changed = Object.entries(passedOn(definition)).filter(
      ([key, value]) => JSON.stringify(value) !== JSON.stringify(passedOn(parsed({}))[key]),
    )
    expect(changed).toEqual(payload ? [[payload, definition[field]]] : [])
  })

  it.each(ALL)('refuse invalid values of $keyword, with its name', ({ keyword }) => {
    const refused = parseDefinition({ script: 'make', [keyword]: { '': [null] } })
    expect(refused).toMatchObject({ error: { field: expect.stringContaining(`definition.${keyword}`) } })
  })

  it.each(ALL)('include $keyword in docs/job-keywords.md', ({ keyword }) => {
    const page = readFileSync(new URL('../../../docs/job-keywords.md', import.meta.url), 'utf8')
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))
    expect(rows.some((row) => new RegExp(`\`${keyword}[\`.]`).test(row.split('|')[1] ?? ''))).toBe(true)
  })

  it('are all fields of a definition except those that are read together', () => {
    for (const { field } of ALL) expect(DEFINITION).toHaveProperty(field)
  })
})
