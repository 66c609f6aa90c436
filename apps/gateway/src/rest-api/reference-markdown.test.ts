import { expect, test } from 'vitest'
import { referenceMarkdown } from './reference-markdown.ts'

test('docs/admin-api.md says what the procedures are', async () => {
  await expect(referenceMarkdown()).toMatchFileSnapshot('../../../../docs/admin-api.md')
})

test('no line of it but those of tables is longer than 120 characters', () => {
  expect(
    referenceMarkdown()
      .split('\n')
      .filter((line) => line.length > 120 && !line.startsWith('|')),
  ).toEqual([])
})
