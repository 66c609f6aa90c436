import { describe, expect, it } from 'vitest'
import type { ConfigSource } from './config-source.ts'
import { compileIncludes, faultOf, merged, refusal } from './testing.ts'

describe('the limits of includes', () => {
  it('end a circle at 150 files', async () => {
    expect(await refusal('include: a.yml', { 'a.yml': 'include: a.yml\na: 1' })).toBe(
      'Maximum of 150 nested includes are allowed!',
    )
    expect(await refusal('include: a.yml', { 'a.yml': 'spec: {include: [a.yml]}\n---\na: 1' })).toContain('150')
  })

  it('count files side by side', async () => {
    const files = Object.fromEntries(Array.from({ length: 151 }, (_, index) => [`f${index}.yml`, `j${index}: 1`]))
    const all = (count: number) => `include: [${Object.keys(files).slice(0, count).join(', ')}]`
    expect(Object.keys((await merged(all(150), files)) as object)).toHaveLength(150)
    expect(await refusal(all(151), files)).toBe('Maximum of 150 nested includes are allowed!')
  })

  it('bound the size of all files together', async () => {
    const files = { 'a.yml': `a: |\n  ${'x'.repeat(1_900_000)}` }
    expect(await refusal(`include: [${Array.from({ length: 12 }, () => 'a.yml').join(', ')}]`, files)).toBe(
      'Total size of combined CI/CD configuration is too big',
    )
  })

  it('end what takes too long, and tell the source', async () => {
    let signal: AbortSignal | undefined
    const remote: ConfigSource['remote'] = (_, given) => {
      signal = given
      return new Promise(() => {})
    }
    // On a busy machine the time may be over before the source is asked.
    for (let timeoutMs = 5; signal === undefined; timeoutMs *= 2) {
      const fault = await faultOf(
        compileIncludes('include: https://example.com/a.yml', { source: { remote }, timeoutMs }),
      )
      expect(fault.message).toBe('Request timed out when fetching configuration files.')
    }
    expect(signal.aborted).toBe(true)
  })

  it('stop when the caller does', async () => {
    const stop = new AbortController()
    const remote: ConfigSource['remote'] = () => {
      stop.abort(new Error('no longer wanted'))
      return new Promise(() => {})
    }
    const source = { remote }
    await expect(
      compileIncludes('include: https://example.com/a.yml', { source, signal: stop.signal }),
    ).rejects.toThrow('no longer wanted')
  })

  it('let a fault of the source itself through', async () => {
    const read = async () => {
      throw new TypeError('disk')
    }
    const source = { files: { project: '', read } }
    await expect(compileIncludes('include: [a.yml, b.yml]', { source })).rejects.toThrow('disk')
  })

  it('fetch no more than four files at once', async () => {
    let running = 0
    let most = 0
    const read = async (path: string) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve))
      running -= 1
      return `"${path}": 1`
    }
    const source = { files: { project: '', read } }
    const names = Array.from({ length: 20 }, (_, index) => `f${index}.yml`)
    expect(Object.keys((await compileIncludes(`include: [${names.join(', ')}]`, { source })) as object)).toEqual(names)
    expect(most).toBe(4)
  })
})
