import { expect, it } from 'vitest'
import { passwordIn } from './password.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

it.each([
  [basic('git:ympt-secret'), 'ympt-secret'],
  [basic(':ympt-secret'), 'ympt-secret'],
  [basic('a:b:c'), 'b:c'],
  [basic('gitlab-ci-token:glcbt-64_x').replace('Basic', 'basic'), 'glcbt-64_x'],
  [basic('git:'), null],
  [basic('git'), null],
  ['Bearer ympt-secret', null],
  ['Basic !', null],
  [`Basic ${'A'.repeat(5_000)}`, null],
  ['', null],
  [undefined, null],
])('%s has the password %s', (header, password) => {
  expect(passwordIn(header)).toBe(password)
})
