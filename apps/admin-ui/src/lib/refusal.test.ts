import { TRPCClientError } from '@trpc/client'
import type { AppRouter } from '@yardmaster/gateway/api'
import { describe, expect, it } from 'vitest'
import { codeOf, complaintsOf, faultOf, sentenceOf } from './refusal.ts'

/** A refusal as the gateway sends it. */
const refused = (fields: { path: string; message: string }[], message = 'The sentence.', code = 'BAD_REQUEST') =>
  TRPCClientError.from<AppRouter>({
    error: {
      code: -32600,
      message,
      data: { code, httpStatus: 400, path: 'x.y', refusal: { kind: 'input_invalid', fields, details: {} } },
    },
  })

describe('a refusal shown in a form', () => {
  it('goes to the fields that its data names, whatever the messages look like', () => {
    const error = refused([
      { path: 'name', message: 'found nothing; allowed: text; name: anything' },
      { path: 'url', message: 'not an address' },
    ])
    expect(complaintsOf(error, ['name', 'url'])).toEqual({
      fields: { name: 'found nothing; allowed: text; name: anything', url: 'not an address' },
      rest: null,
    })
  })

  it('goes to the longest field that its path begins with', () => {
    const error = refused([
      { path: 'definition.image.name', message: 'missing' },
      { path: 'variables[2].key', message: 'too long' },
      { path: 'variables[3].key', message: 'too short' },
    ])
    expect(complaintsOf(error, ['definition', 'definition.image', 'variables']).fields).toEqual({
      'definition.image': 'missing',
      variables: 'too long; too short',
    })
  })

  it('is shown beneath the form, by name, when the form has no such field', () => {
    const error = refused([
      { path: 'names', message: 'unknown' },
      { path: '', message: 'Unrecognized key: "x"' },
    ])
    expect(complaintsOf(error, ['name'])).toEqual({ fields: {}, rest: 'names: unknown; Unrecognized key: "x"' })
  })

  it('is the sentence alone when it names no field', () => {
    expect(complaintsOf(refused([], 'name: this is one sentence.'), ['name'])).toEqual({
      fields: {},
      rest: 'name: this is one sentence.',
    })
  })
})

describe('a single fault', () => {
  it('is the message of its field, or else the sentence', () => {
    const error = refused([{ path: 'query', message: 'missing )' }], 'query: missing )')
    expect(faultOf(error, 'query')).toBe('missing )')
    expect(faultOf(error, 'limit')).toBe('query: missing )')
  })
})

describe('no answer', () => {
  it('has no code, and says that the server is not responding', () => {
    for (const error of [new TypeError('fetch failed'), TRPCClientError.from(new TypeError('fetch failed'))]) {
      expect(codeOf(error)).toBeNull()
      expect(sentenceOf(error)).toMatch(/not responding/)
      expect(complaintsOf(error, ['name']).rest).toMatch(/not responding/)
    }
  })
})
