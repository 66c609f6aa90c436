import { describe, expect, it } from 'vitest'
import { parseNamedDefinition, requiredFeatures } from './parse-job.ts'
import { parsed } from './testing.ts'

describe('parseNamedDefinition', () => {
  it('reads needs and dependencies by name', () => {
    const result = parseNamedDefinition({
      script: 'make',
      needs: ['build', { job: 'lint', artifacts: false }],
      dependencies: ['build'],
    })
    expect(result).toMatchObject({
      ok: true,
      value: {
        definition: { script: ['make'], dependencies: [] },
        needs: [
          { job: 'build', artifacts: true },
          { job: 'lint', artifacts: false },
        ],
        dependencies: ['build'],
      },
    })
  })

  it('returns null for needs and dependencies that are not given', () => {
    expect(parseNamedDefinition({ script: 'make' })).toMatchObject({ value: { needs: null, dependencies: null } })
  })

  it('refuses ids', () => {
    expect(parseNamedDefinition({ script: 'make', dependencies: [1] })).toMatchObject({
      error: { field: 'definition.dependencies[0]' },
    })
    expect(parseNamedDefinition({ script: 'make', needs: [{ artifacts: true }] })).toMatchObject({
      error: { field: 'definition.needs[0].job' },
    })
  })
})

describe('requiredFeatures', () => {
  it.each<[string, object, string[]]>([
    ['nothing special', {}, []],
    ['reports', { artifacts: { reports: { junit: 'a' } } }, ['upload_multiple_artifacts']],
    ['excludes', { artifacts: { paths: ['a'], exclude: ['b'] } }, ['artifacts_exclude']],
    ['a release', { release: { tag_name: 'a', description: 'b' } }, ['multi_build_steps']],
    ['allowed exit codes', { allow_failure: { exit_codes: 1 } }, ['return_exit_code']],
    ['retried exit codes', { retry: { max: 1, exit_codes: 1 } }, ['return_exit_code']],
    ['fallback keys', { cache: { fallback_keys: ['a'] } }, ['fallback_cache_keys']],
    [
      'secrets',
      { secrets: { A: { vault: 'a/b', token: '$T' } }, variables: { VAULT_SERVER_URL: 'u' } },
      ['vault_secrets'],
    ],
    ['inputs', { inputs: { a: 'b' } }, ['job_inputs']],
    ['steps', { script: undefined, run: [{ name: 'a', script: 'b' }] }, ['native_steps_integration']],
    ['an image alone', { image: { name: 'a', entrypoint: ['b'], pull_policy: 'always' } }, []],
    ['options of its image', { image: { name: 'a', docker: { user: 'b' } } }, ['image_executor_opts']],
    ['a service alone', { services: ['a', { name: 'b', alias: 'c' }] }, []],
    ['options of a service', { services: [{ name: 'a', docker: { user: 'b' } }] }, ['service_executor_opts']],
    ['a service with variables', { services: [{ name: 'a', variables: { B: 'c' } }] }, ['service_variables']],
    ['a service with two aliases', { services: [{ name: 'a', alias: 'b, c' }] }, ['service_multiple_aliases']],
  ])('of a job with %s', (_, keywords, features) => {
    expect(requiredFeatures(parsed(keywords))).toEqual(features)
  })

  it('of a job of a merge request', () => {
    expect(requiredFeatures(parsed({}), { mergeRequest: true })).toEqual(['refspecs'])
  })
})
