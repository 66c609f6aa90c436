import { describe, expect, it } from 'vitest'
import type { ConfigSource } from '../config-source.ts'
import { projectFiles } from '../files-source.ts'
import { merged, refusal } from '../testing.ts'

describe('components', () => {
  const files = projectFiles('g/p', {
    'templates/c.yml':
      'spec: {component: [name, version], inputs: {x: }}\n---\n' +
      '"$[[ component.name ]]-$[[ component.version ]]": $[[ inputs.x ]]\ninclude: d.yml',
    'd.yml': 'd: 1',
    'templates/e/template.yml': 'e: 1',
    'templates/s.yml': 'spec: {include: [d.yml]}\n---\na: 1',
  })
  const source: ConfigSource = {
    component: async ({ host, project, version }) => {
      if (host !== 'example.com') return 'unknown'
      if (project !== 'g/p') return 'denied'
      return version === 'v9' ? 'no-ref' : { files, sha: 'abc', version }
    },
  }
  const component = (address: string) => `include: {component: ${address}, inputs: {x: 5}}`

  it('take inputs and know what they are', async () => {
    expect(await merged(component('example.com/g/p/c@1.0'), {}, source)).toEqual({ d: 1, 'c-1.0': '5' })
    expect(await merged('include: {component: example.com/g/p/e@1.0}', {}, source)).toEqual({ e: 1 })
  })

  it.each([
    ['example.com/g/p/c', 'the component path is not supported'],
    ['example.com/g/p/c@v9', 'content not found'],
    ['example.com/g/p/x@v1', 'content not found'],
    ['example.com/g/q/c@v1', "project does not exist or you don't have sufficient permissions"],
    [
      'example.com/g/p/c@~latest',
      'The ~latest version needs a catalogue of components. Use a tag, branch, or commit instead',
    ],
  ])('are refused: %s', async (address, problem) => {
    expect(await refusal(component(address), {}, source)).toBe(`Component '${address}' - ${problem}`)
  })

  it('cannot include inputs', async () => {
    expect(await refusal('include: {component: example.com/g/p/s@v1}', {}, source)).toBe(
      'Component `example.com/g/p/s@v1` cannot use `spec:include`. This keyword is not supported in components',
    )
  })
})
