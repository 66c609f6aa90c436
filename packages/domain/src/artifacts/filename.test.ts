import { expect, it } from 'vitest'
import { safeFilename } from './filename.ts'

it.each([
  ['artifacts.zip', 'artifacts.zip'],
  ['a_b-c+d.tar.gz', 'a_b-c+d.tar.gz'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\builds\\out.zip', 'out.zip'],
  ['my build (1)é🛹.zip', 'my_build__1___.zip'],
  ['"; filename="x', '___filename__x'],
  ['a\r\nb\0', 'a__b_'],
  ['.env.gz', '.env.gz'],
  ['', 'default'],
  ['..', 'default'],
  ['a/', 'default'],
  ['x'.repeat(300), 'x'.repeat(255)],
])('a file called %j is stored as %j', (given, stored) => {
  expect(safeFilename(given)).toBe(stored)
})
