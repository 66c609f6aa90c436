import { expect, test } from '@playwright/test'
import { brokenCitations, expand } from './citations.ts'

const PROTOCOL = `# Protocol

## 1. Requests

1. First, the path.
2. Then the body.

### 1.1 The path

## 2. Answers

| # | answer |
| --- | --- |
| 1 | 200 |
| 2a | 404 |
`

const OPERATIONS = `# Operations

## Health and \`/metrics\`
`

/** Returns the broken citations in a file with this text, beside two documents. */
const found = (text: string, path = 'src/serve.ts'): string[] =>
  brokenCitations(
    new Map([
      ['docs/protocol.md', PROTOCOL],
      ['docs/operations.md', OPERATIONS],
      [path, text],
    ]),
  )

test.describe('what a source file cites', () => {
  for (const text of [
    'docs/protocol.md',
    'docs/protocol.md 1',
    'docs/protocol.md 1.1',
    'docs/protocol.md 1 and 2',
    'docs/protocol.md 1, steps 1 to 2',
    'docs/protocol.md 2, row 2',
    'docs/protocol.md 1.2',
    'docs/operations.md#health-and-metrics',
    'CHANGELOG.md of another project',
  ]) {
    test(`is there: ${text}`, () => expect(found(`/** How (\`${text}\`). */`)).toEqual([]))
  }

  for (const [text, problem] of [
    ['docs/removed.md 1', 'docs/removed.md is no document of this repository'],
    ['protocol.md 1', 'protocol.md is no document of this repository'],
    ['docs/protocol.md 3', 'docs/protocol.md 3 is no section'],
    ['docs/protocol.md 1.3', 'docs/protocol.md 1.3 is no section'],
    ['docs/protocol.md 1 to 3', 'docs/protocol.md 3 is no section'],
    ['docs/protocol.md 2, 4', 'docs/protocol.md 4 is no section'],
    ['docs/protocol.md 1, steps 1 to 3', 'docs/protocol.md 1, step 3 is no step'],
    ['docs/operations.md#upgrades', 'docs/operations.md#upgrades has no such heading'],
  ] as const) {
    test(`is not there: ${text}`, () => expect(found(`// How (\`${text}\`).`)).toEqual([`src/serve.ts: ${problem}`]))
  }

  test('is found across the lines of a comment', () => {
    expect(found('/**\n * As in `docs/protocol.md\n * 7`.\n */')).toEqual([
      'src/serve.ts: docs/protocol.md 7 is no section',
    ])
  })

  test('must have its section within the backticks', () => {
    expect(found('// `docs/protocol.md` 1')).toEqual([
      'src/serve.ts: docs/protocol.md has its section outside the backticks',
    ])
  })
})

test('a renumbered section or a removed document breaks its citations', () => {
  const code = ['src/serve.ts', '// `docs/protocol.md 2`'] as const
  const renumbered = PROTOCOL.replace('## 2.', '## 3.')
  expect(brokenCitations(new Map([['docs/protocol.md', renumbered], code]))).toEqual([
    'src/serve.ts: docs/protocol.md 2 is no section',
  ])
  expect(brokenCitations(new Map([code]))).toEqual(['src/serve.ts: docs/protocol.md is no document of this repository'])
})

test.describe('what a document refers to', () => {
  for (const [text, problems] of [
    ['[protocol](protocol.md) 1.1, [metrics](operations.md#health-and-metrics), [code](../src/)', []],
    ['[protocol](protocol.md) 9', ['docs/protocol.md 9 is no section']],
    ['[metrics](operations.md#gone)', ['docs/operations.md#gone has no such heading']],
    ['[old](removed.md)', ['removed.md leads nowhere']],
    ['`serve.ts`, `src/serve.ts` and `../src/serve.ts`', []],
    ['`answer.ts`', ['answer.ts is no file of this repository']],
    ['`docs/`', []],
    ['`docs/decisions/0001`', ['docs/decisions/0001 leads nowhere']],
    ['```\n`answer.ts`, [old](removed.md)\n```', []],
    ['# Page\n\n## 1. One\n\nAs in section 1.', []],
    ['# Page\n\n## 1. One\n\nAs in sections 1 and 2.', ['docs/page.md 2 is no section']],
  ] as const) {
    test(`${JSON.stringify(text)}: ${problems.length === 0 ? 'all there' : problems}`, () => {
      const files = new Map([
        ['docs/protocol.md', PROTOCOL],
        ['docs/operations.md', OPERATIONS],
        ['src/serve.ts', ''],
        ['docs/page.md', text],
      ])
      expect(brokenCitations(files)).toEqual(problems.map((problem) => `docs/page.md: ${problem}`))
    })
  }
})

test('a range of sections is all of them', () => {
  expect(expand('2 to 4')).toEqual(['2', '3', '4'])
  expect(expand('1.1 to 1.3, 5')).toEqual(['1.1', '1.2', '1.3', '5'])
  expect(expand('9–11 and 13')).toEqual(['9', '10', '11', '13'])
})
