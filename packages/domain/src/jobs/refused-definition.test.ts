import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refused } from './definition/testing.ts'
import { parseDefinition } from './parse-definition.ts'

const nested = (value: unknown, levels: number): unknown => (levels === 0 ? value : [nested(value, levels - 1)])

describe('a definition is refused, with the field named, when', () => {
  const big = 'x'.repeat(1024 * 1024)

  it.each<[string, object, string, RegExp]>([
    ['an unknown keyword is found', { stages: [] }, 'definition.stages', /is not supported; allowed: script, /],
    ['id_tokens are asked for', { id_tokens: {} }, 'definition.id_tokens', /is not supported/],
    ['needs stand in a job made alone', { needs: [] }, 'definition.needs', /is not supported/],
    ['there is no script', { script: undefined }, 'definition.script', /found nothing; allowed/],
    [
      'the script is null',
      { script: null },
      'definition.script',
      /found nothing; allowed: at least one command, or run/,
    ],
    ['the script is empty', { script: [] }, 'definition.script', /nothing to do/],
    ['the script is blank', { script: ' ' }, 'definition.script', /nothing to do/],
    ['a script line is a number', { script: ['a', ['b', 1]] }, 'definition.script[1][1]', /found 1; allowed: text/],
    ['a script is an object', { script: { a: 1 } }, 'definition.script', /found an object/],
    ['a script is nested too deep', { script: nested('a', 12) }, `definition.script${'[0]'.repeat(11)}`, /levels/],
    ['a script has too many lines', { script: Array(10_001).fill('') }, 'definition.script', /10001 lines/],
    ['a tag turns its letters around', { tags: ['a\u202eb'] }, 'definition.tags[0]', /U\+202E/],
    ['a tag is invisible', { tags: ['\u200b'] }, 'definition.tags[0]', /blanks/],
    [
      'an archive’s name has a line break',
      { artifacts: { paths: ['a'], name: 'a\nb' } },
      'definition.artifacts.name',
      /line break/,
    ],
    ['an image has a control character', { image: 'alpine\u0007' }, 'definition.image', /control character/],
    ['a resource group is blank', { resource_group: '  ' }, 'definition.resource_group', /blanks/],
    ['a variable holds a NUL', { variables: { A: 'a\0b' } }, 'definition.variables.A', /NUL/],
    [
      'a described variable holds a NUL',
      { variables: { A: { value: 'a\0b' } } },
      'definition.variables.A.value',
      /NUL/,
    ],
    ['there is a NUL character', { script: 'a\0' }, 'definition.script', /NUL/],
    ['there is half a surrogate pair', { variables: { A: '\ud800' } }, 'definition.variables.A', /surrogate/],
    ['there is a NUL in a name', { variables: { 'A\0': '' } }, 'definition.variables', /NUL/],
    ['there is too much of it', { variables: { A: big } }, 'definition', /1048576 bytes/],
    ['it is nested too deep', { inputs: { a: { type: 'array', default: nested(1, 60) } } }, '', /40 levels/],
    ['a number is none', { timeout: Number.NaN }, 'definition.timeout', /found number; allowed: JSON values/],
    ['there is something JSON has not', { timeout: 1n }, 'definition.timeout', /found bigint/],
    ['there is an object of some class', { variables: new Date() }, 'definition.variables', /allowed: JSON values/],

    ['an image is a number', { image: 3 }, 'definition.image', /found 3; allowed: an object with name/],
    ['an image is blank', { image: ' ' }, 'definition.image', /nothing but blanks; allowed: one line of text/],
    ['an image has no name', { image: { entrypoint: [] } }, 'definition.image.name', /found nothing/],
    [
      'an entrypoint is plain text',
      { image: { name: 'a', entrypoint: 'sh' } },
      'definition.image.entrypoint',
      /an array/,
    ],
    ['an image has ports', { image: { name: 'a', ports: [] } }, 'definition.image.ports', /is not supported/],
    [
      'a pull policy is unknown',
      { image: { name: 'a', pull_policy: 'often' } },
      'definition.image.pull_policy',
      /found "often"; allowed: always, if-not-present, never/,
    ],
    ['pull policies are none', { image: { name: 'a', pull_policy: [] } }, 'definition.image.pull_policy', /at least 1/],
    [
      'an executor option is unknown',
      { image: { name: 'a', docker: { privileged: true } } },
      'definition.image.docker.privileged',
      /allowed: platform, user/,
    ],
    ['a platform is too long', { image: { name: 'a', docker: { platform: 'x'.repeat(65) } } }, '', /at most 64/],
    [
      'a user is empty',
      { image: { name: 'a', kubernetes: { user: '' } } },
      'definition.image.kubernetes.user',
      /user id/,
    ],
    ['a user id is negative', { image: { name: 'a', docker: { user: -1 } } }, 'definition.image.docker.user', /whole/],

    ['services are an object', { services: {} }, 'definition.services', /found an object; allowed: an array/],
    ['there are too many services', { services: Array(51).fill('a') }, 'definition.services', /at most 50/],
    [
      'a command is plain text',
      { services: [{ name: 'a', command: 'b' }] },
      'definition.services[0].command',
      /an array/,
    ],
    ['an alias is a list', { services: [{ name: 'a', alias: ['b'] }] }, 'definition.services[0].alias', /text/],
    [
      'a service variable is a list',
      { services: [{ name: 'a', variables: { A: [] } }] },
      '',
      /neither text nor a number/,
    ],

    ['variables are a list', { variables: [] }, 'definition.variables', /an object of names and values/],
    ['a name has a dash', { variables: { 'A-B': '' } }, 'definition.variables.A-B', /A-Z a-z 0-9 _/],
    ['a name is empty', { variables: { '': '' } }, 'definition.variables.', /A-Z a-z 0-9 _/],
    ['a value is null', { variables: { A: null } }, 'definition.variables.A', /neither text/],
    ['a number has lost its digits', { variables: { A: 2 ** 60 } }, 'definition.variables.A', /write it as text/],
    [
      'a variable has other members',
      { variables: { A: { secret: 1 } } },
      'definition.variables.A.secret',
      /allowed: value/,
    ],
    [
      'a value is not an option',
      { variables: { A: { value: 'c', options: ['a'] } } },
      'definition.variables.A.value',
      /options/,
    ],
    [
      'expand is text',
      { variables: { A: { value: '', expand: 'no' } } },
      'definition.variables.A.expand',
      /true or false/,
    ],

    ['tags are text', { tags: 'a' }, 'definition.tags', /an array/],
    ['a tag is blank', { tags: [''] }, 'definition.tags[0]', /not blank/],
    ['a tag has a comma', { tags: ['a,b'] }, 'definition.tags[0]', /comma/],
    ['a tag is too long', { tags: ['x'.repeat(256)] }, 'definition.tags[0]', /255/],
    ['there are too many tags', { tags: Array(51).fill('a') }, 'definition.tags', /at most 50/],

    ['a timeout is zero', { timeout: 0 }, 'definition.timeout', /from 1 to/],
    ['a timeout is half a second', { timeout: '0.5 s' }, 'definition.timeout', /from 1 to/],
    ['a timeout never comes', { timeout: 'never' }, 'definition.timeout', /found "never"/],
    ['a timeout is no duration', { timeout: 'soon' }, 'definition.timeout', /a duration such as 1h 30m/],
    ['a timeout is empty', { timeout: '' }, 'definition.timeout', /found ""/],
    ['a timeout is a fraction', { timeout: 1.5 }, 'definition.timeout', /whole number/],
    ['a timeout is too long', { timeout: '100 years' }, 'definition.timeout', /2147483647/],

    ['artifacts are a list', { artifacts: ['a'] }, 'definition.artifacts', /an object with name/],
    ['a path is a number', { artifacts: { paths: [1] } }, 'definition.artifacts.paths[0]', /found 1/],
    ['a path is blank', { artifacts: { paths: [''] } }, 'definition.artifacts.paths[0]', /not blank/],
    ['paths are text', { artifacts: { paths: 'a' } }, 'definition.artifacts.paths', /an array/],
    ['excludes are text', { artifacts: { exclude: 'a' } }, 'definition.artifacts.exclude', /an array/],
    ['a name is a number', { artifacts: { name: 1 } }, 'definition.artifacts.name', /found 1/],
    ['untracked is text', { artifacts: { untracked: 'yes' } }, 'definition.artifacts.untracked', /true or false/],
    [
      'artifacts are kept on another result',
      { artifacts: { when: 'manual' } },
      'definition.artifacts.when',
      /on_failure/,
    ],
    [
      'an expiry is no duration',
      { artifacts: { expire_in: 'soon' } },
      'definition.artifacts.expire_in',
      /found "soon"/,
    ],
    ['an expiry is blank', { artifacts: { expire_in: '' } }, 'definition.artifacts.expire_in', /not blank/],
    [
      'artifacts are public and not',
      { artifacts: { public: true, access: 'all' } },
      'definition.artifacts.access',
      /one of/,
    ],
    ['public is text', { artifacts: { public: 'no' } }, 'definition.artifacts.public', /true or false/],
    ['the access is unknown', { artifacts: { access: 'me' } }, 'definition.artifacts.access', /developer/],
    ['artifacts are exposed', { artifacts: { expose_as: 'a' } }, 'definition.artifacts.expose_as', /merge requests/],
    ['reports are a list', { artifacts: { reports: [] } }, 'definition.artifacts.reports', /report types/],
    [
      'a report has no paths',
      { artifacts: { reports: { junit: [] } } },
      'definition.artifacts.reports.junit',
      /at least 1/,
    ],
    [
      'a report path is an object',
      { artifacts: { reports: { junit: {} } } },
      'definition.artifacts.reports.junit',
      /object/,
    ],
    [
      'a coverage format is unknown',
      { artifacts: { reports: { coverage_report: { coverage_format: 'x' } } } },
      '',
      /jacoco/,
    ],
    [
      'a coverage report has no path',
      { artifacts: { reports: { coverage_report: { coverage_format: 'jacoco' } } } },
      'definition.artifacts.reports.coverage_report.path',
      /found nothing/,
    ],
    ...['archive', 'metadata', 'trace', 'sarif', 'metrics_referee', 'network_referee', 'toString'].map(
      (type): [string, object, string, RegExp] => [
        `${type} is declared as a report`,
        { artifacts: { reports: { [type]: 'a' } } },
        `definition.artifacts.reports.${type}`,
        /is not supported; allowed: coverage_report, junit/,
      ],
    ),

    ['a cache is text', { cache: 'a' }, 'definition.cache', /an object with key/],
    ['there are too many caches', { cache: [{}, {}, {}, {}, {}] }, 'definition.cache', /at most 4/],
    [
      'a cache key is made of files',
      { cache: { key: { files: ['a'] } } },
      'definition.cache.key',
      /files of the commit/,
    ],
    [
      'a cache key has a prefix',
      { cache: [{ key: { prefix: 'a' } }] },
      'definition.cache[0].key',
      /files of the commit/,
    ],
    ['a cache key has a slash', { cache: { key: 'a/b' } }, 'definition.cache.key', /slash/],
    ['a cache key has a coded slash', { cache: { key: 'a%2Fb' } }, 'definition.cache.key', /slash/],
    ['a cache key is only dots', { cache: { key: '..' } }, 'definition.cache.key', /dots/],
    ['a cache key is blank', { cache: { key: '' } }, 'definition.cache.key', /blank/],
    ['a cache key is a number', { cache: { key: 1 } }, 'definition.cache.key', /found 1/],
    [
      'a cache policy is unknown',
      { cache: { policy: 'pull-pull' } },
      'definition.cache.policy',
      /pull-push, pull, push/,
    ],
    ['a cache is kept on another result', { cache: { when: 'never' } }, 'definition.cache.when', /on_success/],
    ['unprotect is a number', { cache: { unprotect: 1 } }, 'definition.cache.unprotect', /true or false/],
    [
      'there are too many fallbacks',
      { cache: { fallback_keys: [...'abcdef'] } },
      'definition.cache.fallback_keys',
      /at most 5/,
    ],
    ['a fallback is blank', { cache: { fallback_keys: [''] } }, 'definition.cache.fallback_keys[0]', /not blank/],

    [
      'a dependency is a name',
      { dependencies: ['build'] },
      'definition.dependencies[0]',
      /found "build"; allowed: a whole/,
    ],
    ['a dependency is zero', { dependencies: [0] }, 'definition.dependencies[0]', /from 1/],
    ['a dependency is beyond all ids', { dependencies: [2 ** 31] }, 'definition.dependencies[0]', /2147483647/],

    ['it retries too often', { retry: 3 }, 'definition.retry', /from 0 to 2/],
    ['retry is text', { retry: '1' }, 'definition.retry', /found "1"/],
    ['retry.max is a fraction', { retry: { max: 0.5 } }, 'definition.retry.max', /whole/],
    [
      'it retries on an unknown reason',
      { retry: { max: 1, when: 'bad_luck' } },
      'definition.retry.when',
      /always, unknown_failure/,
    ],
    ['an exit code is a fraction', { retry: { max: 1, exit_codes: [1.5] } }, 'definition.retry.exit_codes[0]', /whole/],
    ['allow_failure is text', { allow_failure: 'yes' }, 'definition.allow_failure', /true or false/],
    ['allow_failure is empty', { allow_failure: {} }, 'definition.allow_failure.exit_codes', /found nothing/],
    [
      'allowed exit codes are none',
      { allow_failure: { exit_codes: [] } },
      'definition.allow_failure.exit_codes',
      /at least 1/,
    ],
    ['when is unknown', { when: 'never' }, 'definition.when', /on_success, on_failure, always, manual, delayed/],
    ['a delay is missing', { when: 'delayed' }, 'definition.start_in', /found nothing/],
    ['a delay belongs to nothing', { start_in: '1 day' }, 'definition.start_in', /without when: delayed/],
    ['a delay is too long', { when: 'delayed', start_in: '8 days' }, 'definition.start_in', /604800/],
    ['a resource group has a star', { resource_group: '*' }, 'definition.resource_group', /letters, digits/],
    ['interruptible is text', { interruptible: 'yes' }, 'definition.interruptible', /true or false/],

    ['a hook is unknown', { hooks: { after_all: 'a' } }, 'definition.hooks.after_all', /pre_get_sources_script/],
    ['hooks are a list', { hooks: [] }, 'definition.hooks', /an object with/],

    ['an input has no default', { inputs: { a: { type: 'string' } } }, 'definition.inputs.a.default', /found nothing/],
    ['an input is null', { inputs: { a: null } }, 'definition.inputs.a', /found nothing/],
    [
      'an input is of another type',
      { inputs: { a: { type: 'number', default: '1' } } },
      'definition.inputs.a.default',
      /a string/,
    ],
    ['a type is unknown', { inputs: { a: { type: 'date', default: 1 } } }, 'definition.inputs.a.type', /struct/],
    ['an input has no name', { inputs: { '': 'a' } }, 'definition.inputs.', /another name/],
    [
      'an input has a pattern',
      { inputs: { a: { default: 'a', regex: 'a' } } },
      'definition.inputs.a.regex',
      /not supported/,
    ],
    [
      'an input is not an option',
      { inputs: { a: { default: 'a', options: ['b'] } } },
      'definition.inputs.a.default',
      /options/,
    ],

    ['a release is text', { release: 'v1' }, 'definition.release', /an object with tag_name/],
    ['a release has no tag', { release: { description: 'a' } }, 'definition.release.tag_name', /found nothing/],
    ['a release has no description', { release: { tag_name: 'a' } }, 'definition.release.description', /found nothing/],
    [
      'a release time is none',
      { release: { tag_name: 'a', description: 'a', released_at: 'now' } },
      'definition.release.released_at',
      /ISO 8601/,
    ],
    [
      'a link has no address',
      { release: { tag_name: 'a', description: 'a', assets: { links: [{ name: 'a' }] } } },
      'definition.release.assets.links[0].url',
      /found nothing/,
    ],

    ['run stands beside a script', { run: [{ name: 'a', script: 'b' }] }, 'definition.script', /beside run/],

    ['secrets are a list', { secrets: [] }, 'definition.secrets', /an object of variable names/],
    ['a secret has no provider', { secrets: { A: { file: true } } }, 'definition.secrets.A', /found 0 providers/],
    [
      'a secret has two',
      { secrets: { A: { vault: 'a/b', azure_key_vault: {} } } },
      'definition.secrets.A',
      /found 2 providers/,
    ],
    ['a secret has no token', { secrets: { A: { vault: 'a/b@c' } } }, 'definition.secrets.A', /no id tokens/],
    [
      'the server of a secret is unknown',
      { secrets: { A: { vault: 'a/b@c', token: '$T' } } },
      'definition.secrets.A',
      /needs the variable VAULT_SERVER_URL, or its server written out/,
    ],
    [
      'a Vault path has no field',
      { secrets: { A: { vault: 'ab@c', token: '$T' } } },
      'definition.secrets.A.vault',
      /path\/of/,
    ],
    [
      'a secret is incomplete',
      { secrets: { A: { vault: { path: 'a' } } } },
      'definition.secrets.A.vault.engine',
      /nothing/,
    ],
    ['a provider is unknown', { secrets: { A: { akeyless: {} } } }, 'definition.secrets.A.akeyless', /not supported/],
    ['a secret has no good name', { secrets: { 'A-B': { vault: 'a/b' } } }, 'definition.secrets.A-B', /A-Z a-z/],
    [
      'file is text',
      { secrets: { A: { vault: 'a/b', token: 'x', file: 'no' } }, variables: { VAULT_SERVER_URL: 'u' } },
      'definition.secrets.A.file',
      /true/,
    ],
    [
      'a secrets manager is asked for a name',
      { secrets: { A: { gitlab_secrets_manager: { name: 'a' } } } },
      'definition.secrets.A.gitlab_secrets_manager.name',
      /is not supported/,
    ],
  ])('%s', (_, keywords, field, reason) => {
    const error = refused(keywords)
    if (field !== '') expect(error.field).toBe(field)
    expect(error.reason).toMatch(reason)
  })

  it.each([null, undefined, [], 'make', 3])('it is %j', (input) => {
    expect(parseDefinition(input)).toMatchObject({ ok: false, error: { field: 'definition' } })
  })

  it.each<[string, object, string, RegExp]>([
    ['run has no steps', { run: [] }, 'definition.run', /at least 1/],
    ['run is text', { run: 'make' }, 'definition.run', /an array/],
    [
      'before_script stands beside it',
      { run: [{ name: 'a', script: 'b' }], before_script: [] },
      'definition.before_script',
      /run/,
    ],
    ['a release stands beside it', { run: [{ name: 'a', script: 'b' }], release: {} }, 'definition.release', /run/],
    [
      'a variable is called STEPS',
      { run: [{ name: 'a', script: 'b' }], variables: { STEPS: 'a' } },
      'definition.variables.STEPS',
      /needs this name/,
    ],
    ['a step has no name', { run: [{ script: 'b' }] }, 'definition.run[0].name', /found nothing/],
    ['a step does nothing', { run: [{ name: 'a' }] }, 'definition.run[0]', /found 0 of script, step, func/],
    ['a step does two things', { run: [{ name: 'a', script: 'a', step: 'b' }] }, 'definition.run[0]', /found 2/],
    ['a step is unknown', { run: [{ name: 'a', exec: 'a' }] }, 'definition.run[0].exec', /not supported/],
    ['a step script is a list', { run: [{ name: 'a', script: ['a'] }] }, 'definition.run[0].script', /text/],
    [
      'an env value is a number',
      { run: [{ name: 'a', script: 'a', env: { A: 1 } }] },
      'definition.run[0].env.A',
      /found 1/,
    ],
    [
      'a script has inputs',
      { run: [{ name: 'a', script: 'a', inputs: {} }] },
      'definition.run[0].inputs',
      /beside step/,
    ],
    ['a reference is empty', { run: [{ name: 'a', step: {} }] }, 'definition.run[0].step', /either git or oci/],
    [
      'a reference is incomplete',
      { run: [{ name: 'a', step: { git: { url: 'a' } } }] },
      'definition.run[0].step.git.rev',
      /nothing/,
    ],
  ])('%s', (_, keywords, field, reason) => {
    const result = parseDefinition(keywords)
    expect(result).toMatchObject({ ok: false, error: { field, reason: expect.stringMatching(reason) } })
  })

  it('never throws, whatever comes', () => {
    const keyword = fc.constantFrom(
      'script',
      'image',
      'services',
      'variables',
      'artifacts',
      'cache',
      'retry',
      'run',
      'inputs',
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.dictionary(keyword, fc.anything())), (input) => {
        expect(typeof parseDefinition(input).ok).toBe('boolean')
      }),
    )
  })

  it('a circle of objects comes in', () => {
    const circle: Record<string, unknown> = { script: 'a' }
    circle.inputs = circle
    expect(parseDefinition(circle)).toMatchObject({ ok: false, error: { reason: expect.stringMatching(/levels/) } })
  })
})
