import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { postReceive } from './post-receive.ts'

it('is the script of the documentation, with address and secret put in', () => {
  const docs = readFileSync(new URL('../../../../docs/hooks.md', import.meta.url), 'utf8')
  const script = /```text\n(.*?)```/s.exec(docs)?.[1]
  expect(postReceive('https://ci.example.com/hooks/1/git', null)).toBe(script)
  expect(postReceive('https://x/hooks/2/git', 'whsec_$&')).toMatch(
    /url='https:\/\/x\/hooks\/2\/git'\ntoken='whsec_\$&'/,
  )
})
