import { describe, expect, it } from 'vitest'
import { errorsOf, jobOf } from '../testing.ts'

describe('structure', () => {
  it('later bases win over earlier ones, and the job over all', async () => {
    const job = await jobOf(
      '.base: { image: alpine, variables: { A: "1", B: "1" }, script: [one, two] }\n' +
        '.more: { variables: { B: "2" }, tags: [t] }\n' +
        'j: { extends: [.base, .more], variables: { C: "3" }, script: [three] }',
    )
    expect(job).toMatchObject({ tags: ['t'], keywords: { image: { name: 'alpine' }, script: ['three'] } })
    expect(job.variables.map(({ key, value }) => `${key}=${value}`)).toEqual(['A=1', 'B=2', 'C=3'])
  })

  it('eleven levels of bases are taken, twelve and circles refused', async () => {
    const chain = (levels: number) =>
      `.l0: { script: ls }\n${Array.from({ length: levels }, (_, level) => `.l${level + 1}: { extends: .l${level} }\n`).join('')}`
    expect(await errorsOf(`${chain(10)}j: { extends: .l10 }`)).toEqual([])
    expect((await errorsOf(`${chain(12)}j: { extends: .l12 }`))[0]).toMatch(/nesting too deep in `extends`$/)
    const circle = await errorsOf('a: { extends: b, script: ls }\nb: { extends: a, script: ls }')
    expect(circle[0]).toMatch(/circular dependency detected in `extends`$/)
    expect(await errorsOf('j: { extends: .gone, script: ls }')).toEqual(['j: unknown keys in `extends` (.gone)'])
  })

  it('bases that share bases many times over take no longer', async () => {
    const levels = Array.from({ length: 10 }, (_, level) => {
      const base =
        level === 0 ? 'script: ls' : `extends: [${Array.from({ length: 20 }, () => `.l${level - 1}`).join(', ')}]`
      return `.l${level}: { ${base} }`
    })
    expect(await errorsOf(`${levels.join('\n')}\nj: { extends: .l9 }`)).toEqual([])
  })
})
