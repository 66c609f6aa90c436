import { expect, test } from 'vitest'
import { referenceMarkdown } from './reference-markdown.ts'

test('docs/admin-api.md is up to date', async () => {
  await expect(referenceMarkdown()).toMatchFileSnapshot('../../../../docs/admin-api.md')
})

test('its lines outside tables have at most 120 characters', () => {
  expect(
    referenceMarkdown()
      .split('\n')
      .filter((line) => line.length > 120 && !line.startsWith('|')),
  ).toEqual([])
})
