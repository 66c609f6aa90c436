import { expect, it } from 'vitest'
import { attachment } from './attachment.ts'

it.each([
  ['artifacts.zip', `attachment; filename="artifacts.zip"; filename*=UTF-8''artifacts.zip`],
  ['a b.txt', `attachment; filename="a b.txt"; filename*=UTF-8''a%20b.txt`],
  ['say "hi".txt', `attachment; filename="say \\"hi\\".txt"; filename*=UTF-8''say%20%22hi%22.txt`],
  ['back\\slash', `attachment; filename="back\\\\slash"; filename*=UTF-8''back%5Cslash`],
  ['Grüße 🚂.log', `attachment; filename="Gr__e _.log"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%F0%9F%9A%82.log`],
  ["it's (1)*", `attachment; filename="it's (1)*"; filename*=UTF-8''it%27s%20%281%29%2A`],
  ['half \ud83d', `attachment; filename="half _"; filename*=UTF-8''half%20%EF%BF%BD`],
])('names %j so that every client saves the file under that name', (filename, header) => {
  expect(attachment(filename)).toBe(header)
})

it('does not let a name begin another header', () => {
  expect(attachment('a\r\nSet-Cookie: b=c\0')).toBe(
    `attachment; filename="a__Set-Cookie: b=c_"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b%3Dc%00`,
  )
})
