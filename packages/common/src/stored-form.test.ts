import { describe, expect, it } from 'vitest'
import {
  NewerFormError,
  newestVersion,
  openList,
  openObject,
  type StoredForm,
  storeList,
  storeObject,
} from './stored-form.ts'

interface Lamp {
  readonly name: string
  readonly colour: 'white' | 'red' | 'green'
  readonly lenses: readonly Lens[]
  readonly keeper: string | null
  readonly foghorn?: boolean | undefined
}

interface Lens {
  readonly width: number
  readonly coated: boolean
}

const LENS: StoredForm<Lens> = { width: { since: 1 }, coated: { since: 3, absent: false } }

const LAMP: StoredForm<Lamp> = {
  name: { since: 1 },
  colour: { since: 1, absent: 'white', words: { white: 1, red: 1, green: 2 } },
  lenses: { since: 1, absent: [], parts: LENS },
  keeper: { since: 2, absent: null },
  foghorn: { since: 4, absent: undefined },
}

const FIRST: Lamp = { name: 'north', colour: 'red', lenses: [{ width: 9, coated: false }], keeper: null }

describe('a stored object', () => {
  it('has the version of the newest key, part or word that it uses', () => {
    const versionOf = (changes: Partial<Lamp>) => storeObject(LAMP, { ...FIRST, ...changes }).version
    expect(versionOf({})).toBe(1)
    expect(versionOf({ keeper: 'Ida' })).toBe(2)
    expect(versionOf({ colour: 'green' })).toBe(2)
    expect(versionOf({ lenses: [{ width: 9, coated: true }] })).toBe(3)
    expect(versionOf({ foghorn: false })).toBe(4)
    expect(newestVersion(LAMP)).toBe(4)
  })

  it('leaves out newer keys with their default value, so that the previous release can read it', () => {
    expect(storeObject(LAMP, FIRST)).toEqual({ version: 1, name: 'north', colour: 'red', lenses: [{ width: 9 }] })
  })

  it('is read as it was written', () => {
    const lamp: Lamp = { ...FIRST, keeper: 'Ida', lenses: [{ width: 1, coated: true }], foghorn: true }
    for (const each of [FIRST, lamp]) expect(openObject(LAMP, roundTrip(storeObject(LAMP, each)))).toEqual(each)
  })

  it('gets defaults for keys that an older release did not know, in its parts too', () => {
    expect(openObject(LAMP, { name: 'north', lenses: [{ width: 9 }] })).toEqual({ ...FIRST, colour: 'white' })
  })

  it('loses keys that the form does not name, such as a dropped keyword', () => {
    const stored = JSON.parse('{"name":"north","wick":"long","__proto__":{"keeper":"nobody"}}')
    expect(openObject(LAMP, stored)).toEqual({ name: 'north', colour: 'white', lenses: [], keeper: null })
  })

  it('written by a newer release is refused, and the error names its version', () => {
    const open = () => openObject(LAMP, { ...FIRST, version: 5 })
    expect(open).toThrow(NewerFormError)
    expect(open).toThrow('version 5; this release reads versions up to 4')
  })

  it.each([
    ['is not an object', null],
    ['is a list', []],
    ['lacks a key that every version has', { colour: 'red' }],
    ['has a part that is not an object', { name: 'north', lenses: ['wide'] }],
    ['has a version that is not a number', { name: 'north', version: 'two' }],
    ['has the version 0', { name: 'north', version: 0 }],
  ])('is damaged when it %s', (_, stored) => {
    expect(() => openObject(LAMP, stored)).toThrow(TypeError)
  })
})

describe('a stored list', () => {
  it('of the first version is a bare array, as releases without versions wrote it', () => {
    const { version, stored } = storeList(LENS, [{ width: 9, coated: false }])
    expect([version, stored]).toEqual([1, [{ width: 9 }]])
    expect(openList(LENS, roundTrip(stored))).toEqual([{ width: 9, coated: false }])
  })

  it('of a later version names its version', () => {
    const list = [
      { width: 9, coated: true },
      { width: 1, coated: false },
    ]
    const { version, stored } = storeList(LENS, list)
    expect([version, stored]).toEqual([3, { version: 3, list: [{ width: 9, coated: true }, { width: 1 }] }])
    expect(openList(LENS, roundTrip(stored))).toEqual(list)
  })

  it('written by a newer release is refused, and a value that is not a list is damaged', () => {
    expect(() => openList(LENS, { version: 4, list: [] })).toThrow(NewerFormError)
    for (const stored of [null, 'wide', {}, { version: 3 }, { version: 3, list: {} }, [1], [[]]]) {
      expect(() => openList(LENS, stored), JSON.stringify(stored)).toThrow(TypeError)
    }
  })
})

const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
