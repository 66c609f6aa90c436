import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newJobToken } from '../tokens.ts'
import { hideToken } from './hide-token.ts'

const TOKEN = 'glcbt-64_Ab3dEf6hIj9lMn2pQr5tUv8y'

type Remembering = (patch: number) => boolean

/**
 * Returns what is stored of a log that arrived in these patches, at one process that remembers or at others that look
 * it up.
 */
async function stored(
  patches: readonly Uint8Array[],
  { token = TOKEN, asSent = () => true }: { token?: string; asSent?: Remembering } = {},
): Promise<Buffer> {
  let log = Buffer.alloc(0)
  let sent = Buffer.alloc(0)
  for (const [index, patch] of patches.entries()) {
    const before = asSent(index) ? sent : log
    const hidden = await hideToken(patch, token, async (most) => ({
      bytes: before.subarray(Math.max(0, before.length - most)),
      asSent: asSent(index),
    }))
    expect(hidden.length).toBe(patch.length)
    log = Buffer.concat([log, hidden])
    sent = Buffer.concat([sent, patch])
  }
  return log
}

const REMEMBERING: readonly [string, Remembering][] = [
  ['one process', () => true],
  ['a new process for each patch', () => false],
  ['two processes in turn', (patch) => patch % 2 === 0],
]

const cutAt = (text: string, ...cuts: number[]): Buffer[] => {
  const bytes = Buffer.from(text)
  return [0, ...cuts].map((cut, index) => bytes.subarray(cut, cuts[index] ?? bytes.length))
}

/** Expects at most a harmless beginning of the token to be left where it stood, and the rest to be hidden. */
function expectHidden(stretch: string, token: string): void {
  const shown = /^(.*?)x*$/s.exec(stretch)?.[1] ?? ''
  // The token itself may continue with an `x`.
  expect(stretch).toBe(token.slice(0, shown.length) + 'x'.repeat(token.length - shown.length))
  expect(shown.length).toBeLessThan(12)
}

describe('the job’s own token in its log', () => {
  const log = `é before ${TOKEN} after\n`
  const whole = log.replace(TOKEN, 'x'.repeat(TOKEN.length))

  it.each(REMEMBERING)(
    'is hidden wherever a patch ends, except for its public beginning, with %s',
    async (_, asSent) => {
      const start = Buffer.from(log).indexOf(TOKEN)
      for (let cut = 1; cut < Buffer.byteLength(log); cut++) {
        const text = (await stored(cutAt(log, cut), { asSent })).toString()
        const shown = cut > start && cut - start < 12 ? cut - start : 0
        expect(text).toBe(whole.slice(0, start - 1) + TOKEN.slice(0, shown) + whole.slice(start - 1 + shown))
      }
    },
  )

  it.each(REMEMBERING)('is hidden in any number of patches, down to single bytes, with %s', async (_, asSent) => {
    for (let size = 1; size < 40; size++) {
      const cuts = Array.from(
        { length: Math.ceil(Buffer.byteLength(log) / size) - 1 },
        (_, index) => (index + 1) * size,
      )
      const text = (await stored(cutAt(log, ...cuts), { asSent })).toString()
      const start = text.indexOf('before ') + 'before '.length
      expectHidden(text.slice(start, start + TOKEN.length), TOKEN)
      if (asSent(1)) expect(text.endsWith(' after\n')).toBe(true)
    }
  })

  it('is hidden wherever it occurs, also twice in a row', async () => {
    expect((await stored(cutAt(`${TOKEN}${TOKEN}.${TOKEN}`, 60))).toString()).toBe(
      `${'x'.repeat(66)}.${'x'.repeat(33)}`,
    )
  })

  it('leaves a log unchanged that contains only its first letters', async () => {
    const text = 'glcbt-64_ is how tokens of jobs begin: glcbt-64_Zz…, g, gl, glcbt'
    for (let cut = 1; cut < text.length; cut++) expect((await stored(cutAt(text, cut))).toString()).toBe(text)
  })

  it('does not modify the given patch', async () => {
    const bytes = Buffer.from(log)
    await stored([bytes])
    expect(bytes.toString()).toBe(log)
  })

  it('reads what is stored only where a token could continue', async () => {
    let asked = 0
    await hideToken(Buffer.from(`hello ${TOKEN}`), TOKEN, async () => {
      asked += 1
      return { bytes: Buffer.alloc(0), asSent: true }
    })
    expect(asked).toBe(0)
  })

  it('never shows more than two of its random characters, however a log is cut, and changes nothing else', async () => {
    const line = fc.constantFrom('$ make\n', 'ok ', 'xx ', 'é', '\0', 'glcbt-64_', 'TOKEN')
    const kind = fc.constantFrom(...REMEMBERING.map(([, asSent]) => asSent))
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(400)), kind, async (lines, cuts, asSent) => {
        const token = newJobToken()
        const text = lines.map((one) => one.replace('TOKEN', token)).join('')
        const { length } = Buffer.from(text)
        const places = [...new Set(cuts.filter((cut) => cut > 0 && cut < length))].sort((a, b) => a - b)
        const log = (await stored(cutAt(text, ...places), { token, asSent })).toString('latin1')
        const given = Buffer.from(text).toString('latin1').split(token)
        let at = 0
        for (const [index, part] of given.entries()) {
          if (index > 0) expectHidden(log.slice(at, at + token.length), token)
          at += index > 0 ? token.length : 0
          // The text between its occurrences is unchanged, as far as the process knows that text.
          if (asSent(1)) expect(log.slice(at, at + part.length)).toBe(part)
          at += part.length
        }
      }),
      { numRuns: 500 },
    )
  })
})
