import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@playwright/test'
import { answerCase, type Case, mergedText } from './answer-case.ts'
import { isSetAside } from './set-aside.ts'

/** Real configurations of public projects, with what the reference made of them. They lie beside a checkout, not in it. */
const CORPUS = fileURLToPath(new URL('../../../shared/ci-corpus', import.meta.url))
const INPUTS = join(CORPUS, 'inputs')

test.skip(!existsSync(CORPUS), 'the corpus is not beside this checkout')

type Row = Record<string, unknown>

const rows = (file: string): Row[] =>
  readFileSync(join(CORPUS, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)

/** Null and an absent key mean the same, and the order of keys means nothing. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [key, normal(item)] as const).sort())
}

const same = (first: unknown, second: unknown): boolean =>
  JSON.stringify(normal(first)) === JSON.stringify(normal(second))

const PARTS = [
  ...['outcome', 'errors', 'stages', 'workflow_name', 'workflow_rules', 'workflow_auto_cancel'],
  ...['variables', 'builds'],
]
const partsOf = (row: Row): Row => Object.fromEntries(PARTS.map((part) => [part, row[part]]))

for (const file of ['expected.jsonl', 'expected-schema.jsonl', 'expected-mutations.jsonl']) {
  test(`${file}: every verdict, error and attribute of a job is the reference's`, async () => {
    const differing: string[] = []
    for (const [index, row] of rows(file).entries()) {
      const asked = typeof row.text === 'string' ? { kind: 'text', text: row.text } : { kind: 'file', file: row.file }
      const root = typeof row.root === 'string' ? { root: row.root } : {}
      const answer = await answerCase({ id: String(index), ...asked, ...root } as Case, INPUTS)
      if (isSetAside(row, answer)) continue
      if (!same(partsOf(row), partsOf(answer)))
        differing.push(difference(`${row.file ?? row.kind} (${index + 1})`, row, answer))
    }
    expect(differing).toEqual([])
  })
}

test('expected.jsonl: the merged text of every valid file makes the same jobs', async () => {
  const differing: string[] = []
  for (const { file, root } of rows('expected.jsonl')) {
    if (typeof file !== 'string' || typeof root !== 'string') continue
    const merged = await mergedText(file, root, INPUTS)
    if (merged === null) continue
    const answer = await answerCase({ id: file, kind: 'file', file, root }, INPUTS)
    const again = await answerCase({ id: file, kind: 'text', text: merged }, INPUTS)
    if (!same(partsOf(answer), partsOf(again))) differing.push(difference(file, answer, again))
  }
  expect(differing).toEqual([])
})

/** Names the first part that differs, so that a failure can be read. */
function difference(what: string, row: Row, answer: Row): string {
  const part = PARTS.find((name) => !same(row[name], answer[name])) ?? ''
  const shown = [row, answer].map((side) => JSON.stringify(side[part])?.slice(0, 300))
  return `${what}: ${part} is ${shown[1]}, not ${shown[0]}`
}

test('expected-pipelines.jsonl: every job is in or out as the reference decides', async () => {
  const { base, contexts } = JSON.parse(readFileSync(join(CORPUS, 'contexts.json'), 'utf8'))
  const differing: string[] = []
  for (const row of rows('expected-pipelines.jsonl')) {
    for (const [name, wanted] of Object.entries(row.contexts as Row)) {
      const context = { ...contexts[name], variables: { ...base, ...contexts[name].variables } }
      const asked = { id: name, kind: 'pipeline', file: row.file, root: row.root, context } as Case
      const { id: _, ...answer } = await answerCase(asked, INPUTS)
      if (isSetAside({ outcome: 'valid' }, answer)) continue
      if (!same(wanted, answer)) differing.push(`${row.file} in ${name}`)
    }
  }
  expect(differing).toEqual([])
})

test('expected-expressions.jsonl: every expression is valid and true as the reference says', async () => {
  const { base, contexts } = JSON.parse(readFileSync(join(CORPUS, 'contexts.json'), 'utf8'))
  const differing: string[] = []
  for (const row of rows('expected-expressions.jsonl')) {
    const vars = row.vars ?? { ...base, ...contexts[String(row.context)].variables }
    const expr = String(row.expr)
    const answer = await answerCase({ id: '', kind: 'expression', expr, vars: vars as Record<string, string> }, INPUTS)
    // A regular expression of one or no character is taken here.
    if (!row.valid && /\/(?:[^/\\]|\\.)?\//.test(expr)) continue
    if (answer.valid !== row.valid || (row.valid && answer.truthful !== row.truthful)) differing.push(expr)
  }
  expect(differing).toEqual([])
})

test('unjudged.jsonl: every text and expression is answered, and none throws', async () => {
  const { base, contexts } = JSON.parse(readFileSync(join(CORPUS, 'contexts.json'), 'utf8'))
  const thrown: string[] = []
  for (const row of rows('unjudged.jsonl')) {
    const vars = row.vars ?? { ...base, ...contexts[String(row.context)]?.variables }
    const answer = await answerCase({ ...row, vars } as unknown as Case, INPUTS)
    const [first] = (answer.errors ?? []) as string[]
    if (/^\w*Error: /.test(first ?? '')) thrown.push(`${row.id}: ${first}`)
  }
  expect(thrown).toEqual([])
})
