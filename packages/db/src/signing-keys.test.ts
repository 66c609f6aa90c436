import { beforeEach, describe, expect, it } from 'vitest'
import { openSecretBox } from './secrets.ts'
import { useTestDatabase } from './testing/set-up.ts'
import { TEST_KEY } from './testing.ts'

const test = useTestDatabase()
beforeEach(() => test.db.script('delete from signing_keys'))

const AT = new Date('2026-01-10T12:34:56Z')

const add = (kid: string, replaces: string | null) =>
  test.stores.signingKeys.add({ kid, privateKey: `the text of ${kid}`, signsFrom: AT, replaces })

describe('signing keys', () => {
  it('are listed in the order in which they were added', async () => {
    expect(await add('b', null)).toBe(true)
    expect(await add('a', 'b')).toBe(true)
    expect(await test.stores.signingKeys.list()).toEqual([
      { kid: 'b', privateKey: 'the text of b', signsFrom: AT },
      { kid: 'a', privateKey: 'the text of a', signsFrom: AT },
    ])
    await test.stores.signingKeys.remove(['b', 'unknown'])
    expect((await test.stores.signingKeys.list()).map(({ kid }) => kid)).toEqual(['a'])
  })

  it('replace the same key once, whichever process is first', async () => {
    const first = await Promise.all(['a', 'b', 'c'].map((kid) => add(kid, null)))
    expect(first.filter(Boolean)).toHaveLength(1)
    const [{ kid: old } = { kid: '' }] = await test.stores.signingKeys.list()
    const second = await Promise.all(['d', 'e', 'f'].map((kid) => add(kid, old)))
    expect(second.filter(Boolean)).toHaveLength(1)
    expect(await test.stores.signingKeys.list()).toHaveLength(2)
  })

  it('of the first version are read', async () => {
    const place = { column: 'signing_keys.private_key', row: 'old' } as const
    const encrypted = openSecretBox(TEST_KEY).encrypt('{"version":1,"privateKey":"a text"}', place)
    await test.db.query(
      "insert into signing_keys (kid, replaces, private_key, signs_from) values ('old', '', $1, $2)",
      [encrypted, AT],
    )
    expect(await test.stores.signingKeys.list()).toEqual([{ kid: 'old', privateKey: 'a text', signsFrom: AT }])
  })
})
