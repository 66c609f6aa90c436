import { expect, test } from 'vitest'
import { creatorWords } from './words.ts'

test.each([
  [null, null],
  ['admin_token', 'Admin token'],
  ['session', 'Dashboard'],
  ['git:admin_token', 'Admin token (git)'],
  ['git:Laptop', 'Laptop (git)'],
  ['git:on: top', 'on: top (git)'],
  ['gitea:alice', 'alice (Gitea)'],
  ['github:admin_token', 'admin_token (GitHub)'],
  ['gitlab:unknown', 'Unknown (GitLab)'],
  ['elsewhere:alice', 'elsewhere:alice'],
  ['constructor', 'constructor'],
])('the creator %j is %j in words', (createdBy, words) => {
  expect(creatorWords({ createdBy })).toBe(words)
})
