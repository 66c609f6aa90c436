import { describe, expect, it } from 'vitest'
import { errorsOf, jobOf } from '../testing.ts'

describe('structure', () => {
  it('defaults go to jobs without the keyword, as a whole, unless they are not inherited', async () => {
    const text =
      'default: { image: node, retry: 2, tags: [big], before_script: [npm ci] }\n' +
      'one: { script: ls, image: alpine, before_script: [] }\n' +
      'two: { script: ls, inherit: { default: [retry] } }\n'
    expect(await jobOf(text, 'one')).toMatchObject({
      tags: ['big'],
      keywords: { image: { name: 'alpine' }, retry: { max: 2 }, before_script: [] },
    })
    const two = await jobOf(text, 'two')
    expect(two).toMatchObject({ tags: null, keywords: { retry: { max: 2 } } })
    expect(two.keywords.image).toBeUndefined()
    expect(await errorsOf('image: a\ndefault: { image: b }\nj: { script: ls }')).toEqual([
      'image is defined in top-level and `default:` entry',
    ])
  })
})
