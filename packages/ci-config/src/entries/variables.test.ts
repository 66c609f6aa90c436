import { describe, expect, it } from 'vitest'
import { configurationOf, errorsOf } from '../testing.ts'

describe('variables', () => {
  it('are texts, whatever was written', async () => {
    const { variables } = await configurationOf(
      'variables: { A: 0755, B: 1.10, C: yes, D: ~, E: { value: $A, expand: false } }\nj: { script: ls }',
    )
    expect(variables).toEqual([
      { key: 'A', value: '493' },
      { key: 'B', value: '1.1' },
      { key: 'C', value: 'true' },
      { key: 'D', value: '' },
      { key: 'E', value: '$A', raw: true },
    ])
  })

  it('with options have one of them', async () => {
    const text = 'variables: { T: { value: x, options: [a, b], description: d } }\nj: { script: ls }'
    expect(await errorsOf(text)).toEqual(['variables:t config value must be present in options'])
  })
})
