import { describe, expect, it } from 'vitest'
import { refused } from './testing.ts'

describe('a keyword about results, starting or handing on is refused, with the field named, when', () => {
  it.each<[string, object, string, RegExp]>([
    ['artifacts are a list', { artifacts: ['a'] }, 'definition.artifacts', /an object with name/],
    ['a path is a number', { artifacts: { paths: [1] } }, 'definition.artifacts.paths[0]', /found 1/],
    ['a path is blank', { artifacts: { paths: [''] } }, 'definition.artifacts.paths[0]', /not blank/],
    ['paths are text', { artifacts: { paths: 'a' } }, 'definition.artifacts.paths', /an array/],
    ['excludes are text', { artifacts: { exclude: 'a' } }, 'definition.artifacts.exclude', /an array/],
    ['a name is a number', { artifacts: { name: 1 } }, 'definition.artifacts.name', /found 1/],
    ['untracked is text', { artifacts: { untracked: 'yes' } }, 'definition.artifacts.untracked', /true or false/],
    [
      'artifacts are kept after an unknown result',
      { artifacts: { when: 'manual' } },
      'definition.artifacts.when',
      /on_failure/,
    ],
    [
      'an expiry is not a duration',
      { artifacts: { expire_in: 'soon' } },
      'definition.artifacts.expire_in',
      /found "soon"/,
    ],
    ['an expiry is blank', { artifacts: { expire_in: '' } }, 'definition.artifacts.expire_in', /not blank/],
    [
      'artifacts are both public and restricted',
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
    ['a cache is kept after an unknown result', { cache: { when: 'never' } }, 'definition.cache.when', /on_success/],
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
      'the list of allowed exit codes is empty',
      { allow_failure: { exit_codes: [] } },
      'definition.allow_failure.exit_codes',
      /at least 1/,
    ],
    ['when is unknown', { when: 'never' }, 'definition.when', /on_success, on_failure, always, manual, delayed/],
    ['a delay is missing', { when: 'delayed' }, 'definition.start_in', /found nothing/],
    ['a delay is given without when: delayed', { start_in: '1 day' }, 'definition.start_in', /without when: delayed/],
    ['a delay is too long', { when: 'delayed', start_in: '8 days' }, 'definition.start_in', /604800/],
    ['a resource group has a star', { resource_group: '*' }, 'definition.resource_group', /letters, digits/],
    ['coverage has no slashes', { coverage: '\\d+' }, 'definition.coverage', /between slashes/],
    ['coverage looks ahead', { coverage: '/a(?=b)/' }, 'definition.coverage', /found "\/a\(\?=b\)\/".*RE2/],
    ['coverage is a number', { coverage: 1 }, 'definition.coverage', /regular expression/],
    ['coverage grows too large', { coverage: `/${'(a{50}){9}'.repeat(20)}/` }, 'definition.coverage', /4096/],
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
    ['an input has no name', { inputs: { '': 'a' } }, 'definition.inputs.', /an invalid name/],
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
      'a release time is not a time',
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

    [
      'run is given together with a script',
      { run: [{ name: 'a', script: 'b' }] },
      'definition.script',
      /together with run/,
    ],

    ['secrets are a list', { secrets: [] }, 'definition.secrets', /an object of variable names/],
    ['a secret has no provider', { secrets: { A: { file: true } } }, 'definition.secrets.A', /found 0 providers/],
    [
      'a secret has two providers',
      { secrets: { A: { vault: 'a/b', azure_key_vault: {} } } },
      'definition.secrets.A',
      /found 2 providers/,
    ],
    [
      'a secret has no token',
      { secrets: { A: { vault: 'a/b@c' } } },
      'definition.secrets.A',
      /does not have exactly one id token/,
    ],
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
    ['a secret has an invalid name', { secrets: { 'A-B': { vault: 'a/b' } } }, 'definition.secrets.A-B', /A-Z a-z/],
    [
      'file is text',
      { secrets: { A: { vault: 'a/b', token: 'x', file: 'no' } }, variables: { VAULT_SERVER_URL: 'u' } },
      'definition.secrets.A.file',
      /true/,
    ],
    [
      'a secrets manager gets an unknown member',
      { secrets: { A: { gitlab_secrets_manager: { name: 'a' } } } },
      'definition.secrets.A.gitlab_secrets_manager.name',
      /is not supported/,
    ],
  ])('%s', (_, keywords, field, reason) => {
    const error = refused(keywords)
    if (field !== '') expect(error.field).toBe(field)
    expect(error.reason).toMatch(reason)
  })
})
