import { describe, expect, it } from 'vitest'
import { pathOf } from './find-project.ts'

describe('the project that an address leads to', () => {
  it.each([
    ['http://ci.test/group/app.git', 'http://ci.test', 'group/app'],
    ['http://git:secret@ci.test/group/app', 'http://ci.test', 'group/app'],
    ['https://ci.test:8443/sub/group/app.git/', 'https://ci.test:8443/sub', 'group/app'],
    ['http://ci.test/group/app.git', 'https://ci.test', null],
    ['https://ci.test/other/app.git', 'https://ci.test/sub', null],
    ['https://forge.test/group/app.git', 'https://ci.test', null],
    ['https://ci.test/', 'https://ci.test', null],
    ['https://ci.test/group/%zz', 'https://ci.test', null],
    ['git@ci.test:group/app.git', 'https://ci.test', null],
    ['../app', 'https://ci.test', null],
    ['', 'https://ci.test', null],
  ])('of %s on %s is %s', (address, server, path) => {
    expect(pathOf(address, server)).toBe(path)
  })
})
