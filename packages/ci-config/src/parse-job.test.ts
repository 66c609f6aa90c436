import { describe, expect, it } from 'vitest'
import { REPORT_TYPES } from './keywords/report-types.ts'
import { parseDefinition } from './parse-job.ts'
import { DEFINITION } from './stored-definition.ts'
import { parsed } from './testing.ts'

const nested = (value: unknown, levels: number): unknown => (levels === 0 ? value : [nested(value, levels - 1)])

describe('parseDefinition', () => {
  it('fills in the defaults of a job that has only a script', () => {
    expect(parsed({})).toMatchObject({
      beforeScript: [],
      script: ['make'],
      afterScript: [],
      release: [],
      run: null,
      variables: [],
      image: null,
      services: [],
      tags: [],
      timeout: null,
      artifacts: null,
      cache: [],
      dependencies: [],
      retry: { max: 0, when: ['always'], exitCodes: [] },
      allowFailure: false,
      allowFailureExitCodes: [],
      when: 'on_success',
      startIn: null,
      resourceGroup: null,
      hooks: [],
      inputs: [],
      interruptible: false,
      coverage: null,
      secrets: {},
      idTokens: [],
    })
    expect(Object.keys(parsed({})).sort()).toEqual(Object.keys(DEFINITION).sort())
  })

  it('treats null as absent, as YAML does', () => {
    expect(parsed({ image: null, variables: null, timeout: null, artifacts: { name: null } })).toMatchObject({
      image: null,
      variables: [],
      timeout: null,
      artifacts: { name: null },
    })
  })

  it('flattens scripts and keeps their lines', () => {
    const script = ['one', ['two', ['three\nfour']], nested('deep', 9), '']
    expect(parsed({ script, before_script: 'b', after_script: ['a', ['c']] })).toMatchObject({
      script: ['one', 'two', 'three\nfour', 'deep', ''],
      beforeScript: ['b'],
      afterScript: ['a', 'c'],
    })
    expect(parsed({ script: nested('deep', 11) }).script).toEqual(['deep'])
  })

  it('reads an image by name or in full', () => {
    expect(parsed({ image: 'node:24' }).image).toEqual({
      name: 'node:24',
      entrypoint: null,
      pullPolicy: null,
      executorOpts: {},
    })
    const image = {
      name: 'node:24',
      entrypoint: ['/bin/sh', ''],
      pull_policy: 'always',
      docker: { platform: 'linux/arm64', user: 'dave' },
      kubernetes: { user: 1001 },
    }
    expect(parsed({ image }).image).toEqual({
      name: 'node:24',
      entrypoint: ['/bin/sh', ''],
      pullPolicy: ['always'],
      executorOpts: { docker: { platform: 'linux/arm64', user: 'dave' }, kubernetes: { user: '1001' } },
    })
  })

  it('reads services by name or in full', () => {
    const full = {
      name: 'postgres:16',
      alias: 'db,database',
      command: ['postgres', '-c', 'fsync=off'],
      entrypoint: [],
      pull_policy: ['if-not-present', 'always', 'always'],
      variables: { POSTGRES_PASSWORD: 'x' },
    }
    expect(parsed({ services: ['redis', full] }).services).toEqual([
      {
        name: 'redis',
        entrypoint: null,
        pullPolicy: null,
        executorOpts: {},
        alias: null,
        command: null,
        variables: [],
      },
      {
        name: 'postgres:16',
        entrypoint: [],
        pullPolicy: ['if-not-present', 'always'],
        executorOpts: {},
        alias: 'db,database',
        command: ['postgres', '-c', 'fsync=off'],
        variables: [{ key: 'POSTGRES_PASSWORD', value: 'x' }],
      },
    ])
  })

  it('turns variables of every type into text', () => {
    const variables = {
      TEXT: 'a $b',
      NUMBER: 42,
      FRACTION: 1.5,
      YES: true,
      EMPTY: '',
      FULL: { value: 3, description: 'how many', options: [1, '3'] },
      RAW: { value: '$1', expand: false },
      PLAIN: { value: '$1', expand: true },
      NOTHING: {},
    }
    expect(parsed({ variables }).variables).toEqual([
      { key: 'TEXT', value: 'a $b' },
      { key: 'NUMBER', value: '42' },
      { key: 'FRACTION', value: '1.5' },
      { key: 'YES', value: 'true' },
      { key: 'EMPTY', value: '' },
      { key: 'FULL', value: '3' },
      { key: 'RAW', value: '$1', raw: true },
      { key: 'PLAIN', value: '$1' },
      { key: 'NOTHING', value: '' },
    ])
  })

  it('keeps a variable named like a property of every object', () => {
    const variables = JSON.parse('{"__proto__": "a", "constructor": "b"}')
    expect(parsed({ variables }).variables).toEqual([
      { key: '__proto__', value: 'a' },
      { key: 'constructor', value: 'b' },
    ])
  })

  it.each([
    ['1h 30m', 5400],
    [90, 90],
    ['1', 1],
    ['1.9 s', 1],
  ])('reads the timeout %j', (timeout, seconds) => {
    expect(parsed({ timeout }).timeout).toBe(seconds)
  })

  it('reads artifacts', () => {
    expect(parsed({ artifacts: { paths: ['a/'] } }).artifacts).toEqual({
      name: null,
      untracked: false,
      paths: ['a/'],
      exclude: [],
      when: 'on_success',
      expireIn: null,
      accessibility: 'public',
      reports: [],
    })
    const artifacts = {
      name: '$CI_JOB_NAME',
      untracked: true,
      exclude: ['a/tmp/**'],
      when: 'always',
      expire_in: '3 weeks and 2 days',
      reports: {
        junit: ['a.xml', 'b.xml'],
        dotenv: '.env',
        sast: null,
        coverage_report: { coverage_format: 'cobertura', path: 'c.xml' },
      },
    }
    expect(parsed({ artifacts }).artifacts).toEqual({
      name: '$CI_JOB_NAME',
      untracked: true,
      paths: [],
      exclude: ['a/tmp/**'],
      when: 'always',
      expireIn: '3 weeks and 2 days',
      accessibility: 'public',
      reports: [
        { type: 'junit', paths: ['a.xml', 'b.xml'] },
        { type: 'dotenv', paths: ['.env'] },
        { type: 'cobertura', paths: ['c.xml'] },
      ],
    })
  })

  it.each(Object.keys(REPORT_TYPES))('knows the report %s', (type) => {
    expect(parsed({ artifacts: { reports: { [type]: 'file' } } }).artifacts?.reports).toEqual([
      { type, paths: ['file'] },
    ])
  })

  it.each([
    [{ public: true }, 'public'],
    [{ public: false }, 'private'],
    [{ access: 'all' }, 'public'],
    [{ access: 'developer' }, 'private'],
    [{ access: 'maintainer' }, 'private'],
    [{ access: 'none' }, 'none'],
  ])('reads who may see artifacts from %j', (given, accessibility) => {
    expect(parsed({ artifacts: given }).artifacts?.accessibility).toBe(accessibility)
  })

  it.each([
    ['never', 'never'],
    [42, '42'],
    ['0', '0'],
  ])('keeps the words of expire_in %j', (given, kept) => {
    expect(parsed({ artifacts: { expire_in: given } }).artifacts?.expireIn).toBe(kept)
  })

  it('reads one cache or several', () => {
    expect(parsed({ cache: { paths: ['.npm/'] } }).cache).toEqual([
      {
        key: 'default',
        untracked: false,
        unprotect: false,
        paths: ['.npm/'],
        policy: 'pull-push',
        when: 'on_success',
        fallbackKeys: [],
      },
    ])
    const second = {
      key: '$CI_COMMIT_REF_SLUG',
      untracked: true,
      unprotect: true,
      policy: 'pull',
      when: 'always',
      fallback_keys: ['a', 'b'],
    }
    expect(parsed({ cache: [{}, second] }).cache[1]).toEqual({
      key: '$CI_COMMIT_REF_SLUG',
      untracked: true,
      unprotect: true,
      paths: [],
      policy: 'pull',
      when: 'always',
      fallbackKeys: ['a', 'b'],
    })
  })

  it.each([
    [2, { max: 2, when: ['always'], exitCodes: [] }],
    [
      { max: 1, when: 'script_failure' },
      { max: 1, when: ['script_failure'], exitCodes: [] },
    ],
    [
      { max: 1, exit_codes: 137 },
      { max: 1, when: [], exitCodes: [137] },
    ],
    [
      { max: 2, when: ['always', 'api_failure'], exit_codes: [1, 2, 1] },
      { max: 2, when: ['always', 'api_failure'], exitCodes: [1, 2] },
    ],
  ])('reads retry %j', (retry, expected) => {
    expect(parsed({ retry }).retry).toEqual(expected)
  })

  it.each([
    [{ allow_failure: true }, true, []],
    [{ allow_failure: { exit_codes: 3 } }, false, [3]],
    [{ allow_failure: { exit_codes: [3, 4] } }, false, [3, 4]],
    [{ when: 'manual' }, true, []],
    [{ when: 'manual', allow_failure: false }, false, []],
  ])('reads which failures are allowed from %j', (keywords, allowFailure, allowFailureExitCodes) => {
    expect(parsed(keywords)).toMatchObject({ allowFailure, allowFailureExitCodes })
  })

  it('reads when a job starts', () => {
    expect(parsed({ when: 'delayed', start_in: '30 minutes' })).toMatchObject({ when: 'delayed', startIn: 1800 })
    expect(parsed({ when: 'on_failure' })).toMatchObject({ when: 'on_failure', startIn: null })
  })

  it('reads tags, dependencies, the resource group and whether it may be interrupted', () => {
    const keywords = {
      tags: ['a', ' b ', 'a'],
      dependencies: [3, 1, 3],
      resource_group: 'prod/$X',
      interruptible: true,
    }
    expect(parsed(keywords)).toMatchObject({
      tags: ['a', 'b'],
      dependencies: [3, 1],
      resourceGroup: 'prod/$X',
      interruptible: true,
    })
  })

  it('reads hooks in the order they run', () => {
    const hooks = { post_get_sources_script: ['b', ['c']], pre_get_sources_script: 'a' }
    expect(parsed({ hooks }).hooks).toEqual([
      { name: 'pre_get_sources_script', script: ['a'] },
      { name: 'post_get_sources_script', script: ['b', 'c'] },
    ])
  })

  it('reads inputs with content of their type', () => {
    const inputs = {
      text: { default: 'a' },
      count: { type: 'number', default: 3.5, description: 'how many' },
      on: { type: 'boolean', default: false, options: [true, false] },
      all: { type: 'array', default: [1, 'a'] },
      tree: { type: 'struct', default: { a: 1 } },
      short: 'b',
    }
    const input = (key: string, type: string, content: unknown) => ({ key, type, content, sensitive: false })
    expect(parsed({ inputs }).inputs).toEqual([
      input('text', 'string', 'a'),
      input('count', 'number', 3.5),
      input('on', 'boolean', false),
      input('all', 'array', [1, 'a']),
      input('tree', 'struct', { a: 1 }),
      input('short', 'string', 'b'),
    ])
  })

  it('turns a release into the command of its step', () => {
    const release = {
      tag_name: 'v$VERSION',
      name: 'The "first"',
      description: 'a `b`\\n',
      ref: '$CI_COMMIT_SHA',
      milestones: ['m1', 'm2'],
      released_at: '2026-01-10T12:00:00Z',
      assets: { links: [{ name: 'bin', url: 'https://example.org/a', link_type: 'package', filepath: '/bin/a' }] },
    }
    expect(parsed({ release }).release).toEqual([
      [
        'release-cli create --name "The \\"first\\"" --description "a \\`b\\`\\\\n" --tag-name "v$VERSION"',
        '--ref "$CI_COMMIT_SHA" --released-at "2026-01-10T12:00:00Z" --milestone "m1" --milestone "m2"',
        '--assets-link "{\\"name\\":\\"bin\\",\\"url\\":\\"https://example.org/a\\",\\"link_type\\":\\"package\\",\\"filepath\\":\\"/bin/a\\"}"',
      ].join(' '),
    ])
    expect(parsed({ release: { tag_name: 'v1', description: 'd' } }).release).toEqual([
      'release-cli create --description "d" --tag-name "v1"',
    ])
  })

  it('reads steps in place of a script', () => {
    const run = [
      { name: 'one', script: 'make', env: { A: 'b' } },
      { name: 'two', step: './steps/two', inputs: { deep: { a: [1, null] } } },
      { name: 'three', step: { git: { url: 'https://example.org/a', rev: 'main', dir: 'x' } } },
      { name: 'four', func: { oci: { registry: 'r.example', repository: 'a/b', tag: '1' } } },
    ]
    const result = parseDefinition({ run, tags: ['a'] })
    expect(result).toMatchObject({ ok: true, value: { run, script: [], beforeScript: [], afterScript: [] } })
  })
})
