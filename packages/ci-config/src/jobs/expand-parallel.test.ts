import { describe, expect, it } from 'vitest'
import { configurationOf, errorsOf } from '../testing.ts'

describe('needs', () => {
  it('on parallel jobs mean all of them, or those that a matrix names', async () => {
    const build = 'build: { stage: build, script: ls, parallel: { matrix: [{ OS: [a, b] }] } }\n'
    const one = '{ needs: [{ job: build, parallel: { matrix: [{ OS: b }] } }], script: ls }\n'
    const { jobs } = await configurationOf(`${build}all: { needs: [build], script: ls }\none: ${one}`)
    expect(jobs.map(({ name, needs }) => [name, needs?.map((need) => need.name) ?? null])).toEqual([
      ['build: [a]', null],
      ['build: [b]', null],
      ['all', ['build: [a]', 'build: [b]']],
      ['one', ['build: [b]']],
    ])
    expect(await errorsOf(`${build}one: ${one.replace('OS: b', 'OS: c')}`)).toEqual([
      'one job: undefined need: build: [c]',
    ])
  })

  it('take values of the matrix of the job that needs', async () => {
    const text =
      '.m: { parallel: { matrix: [{ OS: [a, b], V: [1, 2] }] } }\nbuild: { extends: .m, stage: build, script: ls }\n' +
      't:\n  extends: .m\n  script: ls\n  needs:\n' +
      '    [{ job: build, parallel: { matrix: [{ OS: ["$[[ matrix.OS ]]"], V: ["$[[ matrix.V ]]"] }] } }]\n'
    const { jobs } = await configurationOf(text)
    expect(jobs.find(({ name }) => name === 't: [b, 1]')?.needs?.map(({ name }) => name)).toEqual(['build: [b, 1]'])
    expect(await errorsOf(text.replace('matrix.V', 'matrix.W'))).toEqual([
      "t job: 'W' does not exist in matrix configuration",
    ])
  })
})
