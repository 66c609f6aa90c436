import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDefinition } from './parse-job.ts'
import { refused } from './testing.ts'

const nested = (value: unknown, levels: number): unknown => (levels === 0 ? value : [nested(value, levels - 1)])

describe('a definition is refused, with the field named, when', () => {
  const big = 'x'.repeat(1024 * 1024)

  it.each<[string, object, string, RegExp]>([
    ['an unknown keyword is found', { stages: [] }, 'definition.stages', /is not supported; allowed: script, /],
    ['id_tokens are given', { id_tokens: {} }, 'definition.id_tokens', /is not supported/],
    ['a job created alone has needs', { needs: [] }, 'definition.needs', /is not supported/],
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
    ['a tag reverses the direction of its text', { tags: ['a\u202eb'] }, 'definition.tags[0]', /U\+202E/],
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
    ['a number is not finite', { timeout: Number.NaN }, 'definition.timeout', /found number; allowed: JSON values/],
    ['there is a value that JSON does not have', { timeout: 1n }, 'definition.timeout', /found bigint/],
    ['there is an instance of a class', { variables: new Date() }, 'definition.variables', /allowed: JSON values/],

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
    [
      'the list of pull policies is empty',
      { image: { name: 'a', pull_policy: [] } },
      'definition.image.pull_policy',
      /at least 1/,
    ],
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
    ['a timeout is never', { timeout: 'never' }, 'definition.timeout', /found "never"/],
    ['a timeout is not a duration', { timeout: 'soon' }, 'definition.timeout', /a duration such as 1h 30m/],
    ['a timeout is empty', { timeout: '' }, 'definition.timeout', /found ""/],
    ['a timeout is a fraction', { timeout: 1.5 }, 'definition.timeout', /whole number/],
    ['a timeout is too long', { timeout: '100 years' }, 'definition.timeout', /2147483647/],
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
      'before_script is given as well',
      { run: [{ name: 'a', script: 'b' }], before_script: [] },
      'definition.before_script',
      /run/,
    ],
    ['a release is given as well', { run: [{ name: 'a', script: 'b' }], release: {} }, 'definition.release', /run/],
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
      /with step or func/,
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

  it('never throws for any input', () => {
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
