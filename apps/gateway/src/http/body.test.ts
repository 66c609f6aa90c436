import { describe, expect, it } from 'vitest'
import { parseBody } from './body.ts'

const parse = async (text: string) => await parseBody(Buffer.from(text), 'application/json')
const around = (json: string, bytes = 100_000) => `{"token":"${'x'.repeat(bytes)}","info":${json}}`

describe('a body of JSON', () => {
  it.each([10, 65_500, 900_000])('with over %d bytes is parsed', async (bytes) => {
    const parsed = await parse(around('{"name":"a"}', bytes))
    expect(parsed).toMatchObject({ kind: 'parsed', isJson: true, parameters: { info: { name: 'a' } } })
  })

  it('that would take long to parse is malformed', async () => {
    for (const json of [
      `${'['.repeat(101)}${']'.repeat(101)}`,
      '['.repeat(900_000),
      `[${'[],'.repeat(20_000)}0]`,
      `[${'0,'.repeat(20_000)}0]`,
    ])
      expect(await parse(around(json))).toEqual({ kind: 'malformed' })
  })

  it('may nest as deep as anything that is stored of it', async () => {
    const parsed = await parse(around(`${'['.repeat(40)}${']'.repeat(40)}`))
    expect(parsed).toMatchObject({ kind: 'parsed' })
  })
})
