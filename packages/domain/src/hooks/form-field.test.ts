import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Slices } from '../slices.ts'
import { formField } from './form-field.ts'

const read = async (form: string | Uint8Array, name = 'payload') => {
  const found = await new Slices().run(formField(Buffer.from(form as string), name))
  return found && Buffer.from(found).toString()
}

describe('a field of a form', () => {
  it('is what any form encoder put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string(), async (value, other) => {
        const form = new URLSearchParams({ first: other, payload: value, last: other }).toString()
        expect(await read(form)).toBe(value.toWellFormed())
      }),
    )
  })

  it.each([
    ['payload=', ''],
    ['payload=%', '%'],
    ['payload=%4', '%4'],
    ['payload=%4&x', '%4'],
    ['payload=%zz+', '%zz '],
    ['a&b&&payload=1&payload=2', '1'],
    ['xpayload=1', null],
    ['', null],
  ])('of %j is %j', async (form, value) => {
    expect(await read(form)).toBe(value)
  })
})
