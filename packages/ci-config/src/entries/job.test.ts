import { describe, expect, it } from 'vitest'
import { errorsOf } from '../testing.ts'

describe('needs', () => {
  it('contain what is fetched', async () => {
    const text = 'a: { stage: build, script: ls }\nb: { stage: build, script: ls }\n'
    expect(await errorsOf(`${text}t: { needs: [a], dependencies: [b], script: ls }`)).toEqual([
      'jobs:t dependencies the b should be part of needs',
    ])
  })
})
