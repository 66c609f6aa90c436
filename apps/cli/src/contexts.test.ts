import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contextsFile, readContexts, withContext, withoutContext, writeContexts } from './contexts.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-contexts-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const NONE = { current: null, contexts: [] }
const one = { name: 'one', url: 'https://one.example.com', token: 't1' }
const two = { name: 'two', url: 'https://two.example.com', token: 't2' }

describe('contexts', () => {
  it('are read as they were written, by their owner alone', () => {
    const file = contextsFile(folder)
    expect(readContexts(file)).toEqual(NONE)
    const contexts = withContext(withContext(NONE, one), two)
    const before = process.umask(0)
    writeContexts(file, contexts)
    process.umask(before)
    expect(readContexts(file)).toEqual(contexts)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 })
    expect(readdirSync(dirname(file))).toEqual(['contexts.json'])
  })

  it('behind a link stay there', () => {
    const file = contextsFile(folder)
    mkdirSync(dirname(file))
    const elsewhere = join(folder, 'kept.json')
    writeContexts(elsewhere, NONE)
    symlinkSync(elsewhere, file)
    writeContexts(file, withContext(NONE, one))
    expect(lstatSync(file).isSymbolicLink()).toBe(true)
    expect(readContexts(elsewhere).contexts).toEqual([one])
    chmodSync(elsewhere, 0o640)
    expect(() => readContexts(file)).toThrow('mode 0640')
  })

  it('are added, replaced and removed', () => {
    const both = withContext(withContext(NONE, one), two)
    expect(withContext(both, { ...one, token: 't3' })).toEqual({
      current: 'one',
      contexts: [two, { ...one, token: 't3' }],
    })
    expect(withoutContext(both, 'two')).toEqual({ current: null, contexts: [one] })
    expect(withoutContext(both, 'one')).toEqual({ current: 'two', contexts: [two] })
  })
})
