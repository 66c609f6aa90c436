import { describe, expect, it } from 'vitest'
import type { ConfigSource, ProjectFiles } from '../config-source.ts'
import { projectFiles } from '../files-source.ts'
import { merged, refusal } from '../testing.ts'

describe('files of other projects', () => {
  const known: Record<string, ProjectFiles> = {
    'group/p': projectFiles('group/p', { 'ci/a.yml': 'include: b.yml\na: 1', 'b.yml': 'b: theirs', 'e.yml': ' ' }),
  }
  const source: ConfigSource = {
    project: async (path, ref) => (ref === 'gone' ? 'no-ref' : (known[path] ?? 'denied')),
  }

  it('see the files of their own project', async () => {
    const text = 'include: {project: Group/P, ref: $BRANCH, file: [/ci/a.yml, b.yml]}'
    expect(await merged(text, { 'b.yml': 'b: ours' }, source)).toEqual({ b: 'theirs', a: 1 })
  })

  it('are refused when project, ref or file is not there', async () => {
    expect(await refusal('include: {project: x, file: a.yml}', {}, source)).toBe(
      'Project `x` not found or access denied! ' +
        'Make sure any includes in the pipeline configuration are correctly defined.',
    )
    expect(await refusal('include: {project: group/p, ref: gone, file: a.yml}', {}, source)).toBe(
      'Project `group/p` reference `gone` does not exist!',
    )
    expect(await refusal('include: {project: group/p, file: a.yml}', {}, source)).toBe(
      'Project `group/p` file `a.yml` does not exist!',
    )
    expect(await refusal('include: {project: group/p, file: e.yml}', {}, source)).toBe(
      'Project `group/p` file `e.yml` is empty!',
    )
  })
})
