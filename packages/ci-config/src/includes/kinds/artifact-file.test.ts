import { describe, expect, it } from 'vitest'
import type { ConfigSource } from '../config-source.ts'
import { merged, refusal } from '../testing.ts'

describe('files of artifacts', () => {
  const source: ConfigSource = {
    artifact: async (job, path) => {
      if (job !== 'make') return { missing: 'job' }
      return path === 'a.yml' ? { text: 'a: 1' } : { error: `No such file ${path}` }
    },
  }

  it('come from a job of the parent pipeline', async () => {
    expect(await merged('include: {artifact: a.yml, job: make}', {}, source)).toEqual({ a: 1 })
    expect(await refusal('include: {artifact: a.yml}', {}, source)).toBe(
      'Job must be provided when including configs from artifacts',
    )
    expect(await refusal('include: {artifact: a.yml, job: x}', {}, source)).toBe(
      'Job `x` not found in parent pipeline or does not have artifacts!',
    )
    expect(await refusal('include: {artifact: b.yml, job: make}', {}, source)).toBe('No such file b.yml')
  })
})
