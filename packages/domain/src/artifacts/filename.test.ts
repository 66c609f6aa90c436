import { expect, it } from 'vitest'
import { safeFilename } from './filename.ts'

it.each([
  ['artifacts.zip', 'artifacts.zip'],
  ['a_b-c+d.tar.gz', 'a_b-c+d.tar.gz'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\builds\\out.zip', 'out.zip'],
  ['my build (1)é🛹.zip', 'my_build__1_é_.zip'],
  ['ünï 日本.zip', 'ünï_日本.zip'],
  ['u\u0308ni\u0308.zip', 'u\u0308ni\u0308.zip'],
  ['हिन्दी-٣.zip', 'हिन्दी-٣.zip'],
  ['evil\u202epiz.exe', 'evil_piz.exe'],
  ['zero\u200bwidth\u2028line', 'zero_width_line'],
  ['half \ud83d.zip', 'half__.zip'],
  ['"; filename="x', '___filename__x'],
  ['a\r\nb\0', 'a__b_'],
  ['.env.gz', '.env.gz'],
  ['', 'default'],
  ['..', 'default'],
  ['a/', 'default'],
  ['x'.repeat(300), 'x'.repeat(255)],
  [`${'日'.repeat(100)}.tar.gz`, `${'日'.repeat(82)}.tar.gz`],
  [`${'x'.repeat(300)}.zip`, `${'x'.repeat(251)}.zip`],
  ['junit.xml.zip.zip', 'junit.xml.zip.zip'],
])('a file called %j is stored as %j', (given, stored) => {
  expect(safeFilename(given)).toBe(stored)
})

it.each([
  ['junit.xml.gz', 'junit.xml.gz'],
  ['junit.xml.gz.gz', 'junit.xml.gz'],
  ['.env.gz.gz.gz', '.env.gz'],
  ['lsif.json.zip.zip', 'lsif.json.zip'],
  ['junit.xml', 'junit.xml'],
])('a report called %j is stored as %j: its compression extension counts once', (given, stored) => {
  expect(safeFilename(given, 'junit')).toBe(stored)
})
