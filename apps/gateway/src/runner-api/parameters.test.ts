import { describe, expect, it } from 'vitest'
import { ask, form, json, setUpDeclaredRoutes } from '../testing/declared-routes.ts'
import { unlessBlank } from './parameters.ts'

setUpDeclaredRoutes()

describe('String', () => {
  it.each([
    ['text', 'text'],
    ['', ''],
    [' ', ' '],
    [123, '123'],
    [1.5, '1.5'],
    [true, 'true'],
    [false, 'false'],
    [null, null],
  ])('takes %j as %j', async (value, expected) => {
    expect((await json({ token: value })).body).toEqual({ token: expected })
  })

  it.each([[[]], [['a']], [{}]])('refuses %j', async (value) => {
    expect((await json({ token: value })).body).toEqual({ error: 'token is invalid' })
  })
})

describe('Integer', () => {
  it.each([
    [600, 600],
    [600.9, 600],
    [-0.5, 0],
    [-7, -7],
    ['600', 600],
    [' 600 ', 600],
    ['1_000', 1000],
    ['+5', 5],
    ['-5', -5],
    ['010', 10],
    ['', null],
    [null, null],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    [1e300, Number.MAX_SAFE_INTEGER],
  ])('takes %j as %j', async (value, expected) => {
    expect((await json({ number: value })).body).toEqual({ token: 't', number: expected })
  })

  it.each([['abc'], ['6e2'], ['600.5'], ['0x10'], ['1__0'], ['_1'], ['1_'], ['- 1'], [' '], [true], [[]], [[5]], [{}]])(
    'refuses %j',
    async (value) => {
      expect((await json({ number: value })).body).toEqual({ error: 'number is invalid' })
    },
  )
})

describe('Boolean', () => {
  it('takes the exact spellings of true, and no others', async () => {
    for (const value of [true, 1, ...'1 on On ON t true True TRUE T y yes Yes YES Y'.split(' ')]) {
      expect((await json({ paused: value })).body).toEqual({ token: 't', paused: true })
    }
  })

  it('takes the exact spellings of false, and no others', async () => {
    for (const value of [false, 0, ...'0 off Off OFF f false False FALSE F n no No NO N'.split(' ')]) {
      expect((await json({ paused: value })).body).toEqual({ token: 't', paused: false })
    }
  })

  it.each([[null], ['']])('takes %j as null', async (value) => {
    expect((await json({ paused: value })).body).toEqual({ token: 't', paused: null })
  })

  it.each([['maybe'], [2], [-1], [0.5], ['oN'], ['tRUE'], [' true'], [[]], [{}]])('refuses %j', async (value) => {
    expect((await json({ paused: value })).body).toEqual({ error: 'paused is invalid' })
  })
})

describe('Hash', () => {
  it.each([[{}], [null], [{ version: null }]])('takes %j', async (value) => {
    expect((await json({ info: value })).body).toEqual({ token: 't', info: value })
  })

  it.each([['text'], [''], [5], [true], [[]]])('refuses %j', async (value) => {
    expect((await json({ info: value })).body).toEqual({ error: 'info is invalid' })
    expect((await json({ any: value })).body).toEqual({ error: 'any is invalid' })
  })

  it('names the invalid members', async () => {
    const { body } = await json({ info: { version: {}, config: 'all', features: [] } })
    expect(body).toEqual({ error: 'info[version] is invalid, info[config] is invalid, info[features] is invalid' })
    expect((await json({ info: { config: { gpus: [] } } })).body).toEqual({ error: 'info[config][gpus] is invalid' })
  })
})

describe('Array of String, comma-separated', () => {
  it.each([
    ['a, b ,c', ['a', 'b', 'c']],
    [
      ['a', 'b,c'],
      ['a', 'b', 'c'],
    ],
    [
      [1, true, 'x'],
      ['1', 'true', 'x'],
    ],
    ['', []],
    [' , ,', []],
    [null, []],
    [5, []],
    [{ a: 'b' }, []],
    [true, []],
  ])('takes %j as %j', async (value, expected) => {
    expect((await json({ tags: value })).body).toEqual({ token: 't', tags: expected })
  })

  it('accepts more elements than form parsers do by default', async () => {
    const { body } = await form(`token=t&${Array.from({ length: 60 }, (_, n) => `tags[]=t${n}`).join('&')}`)
    expect((body as { tags: string[] }).tags).toHaveLength(60)
  })
})

describe('enumerations', () => {
  it.each([['ref_protected'], [null]])('take %j', async (level) => {
    expect((await json({ level })).body).toEqual({ token: 't', level })
  })

  it.each([[''], ['REF_PROTECTED'], [5], [true]])('do not take %j', async (level) => {
    expect((await json({ level })).body).toEqual({ error: 'level does not have a valid value' })
  })

  it('are invalid as an array', async () => {
    expect((await json({ level: ['ref_protected'] })).body).toEqual({ error: 'level is invalid' })
  })

  it('do not accept null where a value is required', async () => {
    const { body } = await ask('/demanding/1', { json: { token: 't', system_id: 's', kind: null } })
    expect(body).toEqual({ error: 'kind does not have a valid value' })
  })
})

describe('missing and conflicting parameters', () => {
  it('reports every parameter in the order of declaration, the path first', async () => {
    const { status, text } = await ask('/demanding/abc', { json: {} })
    expect(status).toBe(400)
    expect(text).toBe('{"error":"id is invalid, token is missing, system_id is missing, kind is missing"}')
  })

  it('counts a key as present with any value', async () => {
    expect((await json({ token: null })).status).toBe(200)
    expect((await json({ token: '' })).status).toBe(200)
  })

  it('excludes keys, not values', async () => {
    expect((await json({ paused: true, active: null })).body).toEqual({
      error: 'active, paused are mutually exclusive',
    })
    expect((await ask('/declared?active=1', { json: { token: 't', paused: true } })).body).toEqual({
      error: 'active, paused are mutually exclusive',
    })
  })

  it('reports exclusive pairs after the other errors', async () => {
    const { body } = await ask('/declared', { json: { paused: 'x', active: true } })
    expect(body).toEqual({ error: 'token is missing, paused is invalid, active, paused are mutually exclusive' })
  })

  it('requires a parameter when another one makes it necessary', async () => {
    const given = { token: 't', system_id: 's', kind: 'b' }
    expect((await ask('/demanding/1', { json: given })).body).toEqual({ error: 'group is missing' })
    expect((await ask('/demanding/1', { json: { ...given, group: null } })).status).toBe(200)
  })

  it.each([[null], [''], [' ']])('refuses %j as missing where a text must not be blank', async (system_id) => {
    const { body } = await ask('/demanding/1', { json: { token: 't', system_id, kind: 'a' } })
    expect(body).toEqual({ error: 'system_id is missing' })
  })

  it('reads ids in a path leniently, and one that no row can have as 0', async () => {
    const given = { json: { token: 't', system_id: 's', kind: 'a' } }
    expect((await ask('/demanding/%201_0%20', given)).body).toMatchObject({ id: 10 })
    expect((await ask('/demanding/99999999999', given)).body).toMatchObject({ id: 0 })
    expect((await ask('/demanding/1%2F2', given)).body).toEqual({ error: 'id is invalid' })
    expect((await ask('/demanding/1.5', given)).body).toEqual({ error: 'id is invalid' })
  })

  it('reads only blank as absent for optional texts', () => {
    expect([null, undefined, '', '  ', '0', 'false'].map(unlessBlank)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      '0',
      'false',
    ])
  })
})
