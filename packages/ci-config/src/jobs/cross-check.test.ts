import { describe, expect, it } from 'vitest'
import { errorsOf } from '../testing.ts'

describe('stages', () => {
  it('have to be listed', async () => {
    expect(await errorsOf('stages: [build]\nj: { script: ls }')).toEqual([
      'j job: chosen stage test does not exist; available stages are .pre, build, .post',
    ])
  })
})

describe('needs', () => {
  it('lead to earlier or the same stages, to each job once, and in no circle', async () => {
    expect(await errorsOf('a: { stage: deploy, script: ls }\nb: { stage: test, needs: [a], script: ls }')).toEqual([
      'b job: need a is not defined in current or prior stages',
    ])
    expect(await errorsOf('a: { script: ls }\nb: { needs: [a, a], script: ls }')).toEqual([
      'b has the following needs duplicated: a.',
    ])
    expect(await errorsOf('b: { needs: [nobody], script: ls }')).toEqual(['b job: undefined need: nobody'])
    expect(
      (
        await errorsOf('a: { needs: [c], script: ls }\nb: { needs: [a], script: ls }\nc: { needs: [b], script: ls }')
      )[0],
    ).toMatch(/^The pipeline has circular dependencies: topological sort failed: \["a", "c", "b"\]$/)
    expect(await errorsOf('a: { needs: [a], script: ls }')).toEqual([
      'The pipeline has circular dependencies: self-dependency: a',
    ])
  })
})
