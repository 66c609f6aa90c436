import { expect, it } from 'vitest'
import { checkoutPath } from './checkout-path.ts'

it.each([
  'https://git.example.org/acme/lantern.git',
  'https://other.example.com:8443/acme/lantern',
  'http://user:secret@git.example.org//acme/./lantern.git',
  'https://git.example.org/Acme/Lantern.git',
  'https://git.example.org/acme/%6Cantern.git?a=/b#c',
  'https://git.example.org/acme/lantern/',
])('repositories with the same path share a directory, whatever their host: %s', (url) => {
  expect(checkoutPath(url)).toBe('/acme/lantern')
})

it.each(['https://git.example.org/acme/lantern2.git', 'https://git.example.org/lantern.git', 'https://a/acme%2'])(
  'other paths have other directories: %s',
  (url) => expect(checkoutPath(url)).not.toBe('/acme/lantern'),
)
