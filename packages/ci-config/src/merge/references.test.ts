import { describe, expect, it } from 'vitest'
import { errorsOf, jobOf } from '../testing.ts'

describe('structure', () => {
  it('references are followed, and must lead somewhere', async () => {
    const text = '.a: { script: [one, !reference [.b, script]] }\n.b: { script: [two] }\n'
    const job = await jobOf(`${text}j: { script: [!reference [.a, script], three] }`)
    expect(job.keywords.script).toEqual(['one', 'two', 'three'])
    expect(await errorsOf('j: { script: !reference [.none, script] }')).toEqual([
      '!reference [".none", "script"] could not be found',
    ])
    expect(await errorsOf('j: { script: !reference [j, script] }')).toEqual([
      '!reference ["j", "script"] is part of a circular chain',
    ])
    expect(await errorsOf('j: { script: !reference text }')).toEqual(['!reference "text" is not valid'])
  })
})
