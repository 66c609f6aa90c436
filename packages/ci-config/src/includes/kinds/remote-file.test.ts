import { describe, expect, it } from 'vitest'
import type { ConfigSource, RemoteAnswer } from '../config-source.ts'
import { merged, refusal } from '../testing.ts'

describe('remote files', () => {
  const address = 'https://example.com/a.yml'
  const answering = (answer: RemoteAnswer | string): ConfigSource => ({
    remote: async () => (typeof answer === 'string' ? { bytes: new TextEncoder().encode(answer) } : answer),
  })

  it('have no project and no variables for their own includes', async () => {
    expect(await refusal(`include: ${address}`, { 'b.yml': 'b: 1' }, answering('include: b.yml\na: 1'))).toBe(
      'Local file `b.yml` does not have project!',
    )
    expect(await merged(`include: ${address}`, {}, answering('a: 1'))).toEqual({ a: 1 })
  })

  it.each<[RemoteAnswer, string]>([
    [{ failed: 'timeout' }, 'could not be fetched after 3 attempts because of a timeout error!'],
    [{ failed: 'socket' }, 'could not be fetched after 3 attempts because of a socket error!'],
    [{ failed: 'http' }, 'could not be fetched after 3 attempts because of HTTP error!'],
    [
      { failed: 'status', status: 404, attempts: 1 },
      'could not be fetched after 1 attempt because of HTTP code `404` error!',
    ],
  ])('that answer %j are refused', async (answer, message) => {
    expect(await refusal(`include: ${address}`, {}, answering(answer))).toBe(`Remote file \`${address}\` ${message}`)
  })

  it('are refused where addresses are not fetched, or may not be', async () => {
    expect(await refusal(`include: ${address}`)).toBe(
      'Remote file could not be fetched because this server fetches no addresses!',
    )
    const refused: RemoteAnswer = { failed: 'refused', reason: 'its address is private' }
    expect(await refusal(`include: ${address}`, {}, answering(refused))).toBe(
      'Remote file could not be fetched because its address is private!',
    )
  })

  it('are compared with their hash', async () => {
    const hash = 'sha256-FsPG14Z41T05qyx6WnvEWWVntGoaVwAKLXBzNPd5uCQ='
    expect(await merged(`include: {remote: "${address}", integrity: ${hash}}`, {}, answering('a: 1'))).toEqual({ a: 1 })
    expect(await refusal(`include: {remote: "${address}", integrity: ${hash}}`, {}, answering('a: 2'))).toBe(
      `Remote file \`${address}\` failed integrity check!`,
    )
  })

  it('may be kept for a time', async () => {
    const seconds: (number | null)[] = []
    const remote: ConfigSource['remote'] = async ({ cacheSeconds }) => {
      seconds.push(cacheSeconds)
      return { bytes: new TextEncoder().encode('a: 1') }
    }
    const of = (cache: string) => `{remote: "${address}", cache: ${cache}}`
    await merged(`include: [${address}, ${of('true')}, ${of('2 minutes')}, ${of('nonsense')}]`, {}, { remote })
    expect(seconds).toEqual([null, 3600, 120, null])
  })
})
