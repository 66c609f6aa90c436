import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../fault.ts'
import { compileIncludes, faultOf, merged, refusal } from './testing.ts'

describe('an include that is refused', () => {
  const subkeys = '`local`, `project`, `remote`, `template`, `artifact`, `component`'

  it.each([
    ['include: 5', 'Each include must be a hash or a string'],
    ['include: [[a.yml]]', 'Each include must be a hash or a string'],
    [
      'include: {file: "a<b"}',
      `\`{"file":"a\\u003cb"}\` does not have a valid subkey for include. Valid subkeys are: ${subkeys}`,
    ],
    ['include: ""', `\`{"local":""}\` does not have a valid subkey for include. Valid subkeys are: ${subkeys}`],
    ['include: {local: a.yml, remote: "https://example.com/a.yml"}', `Each include must use only one of: ${subkeys}`],
    ['include: a.txt', 'Included file `a.txt` does not have YAML extension!'],
    ['include: .yml', 'Included file `.yml` does not have YAML extension!'],
    ['include: {remote: [x]}', 'Included file `["x"]` needs to be a string'],
    ['include: {remote: x.yml}', 'Remote file `x.yml` does not have a valid address!'],
    ['include: a.yml', 'Local file `a.yml` does not exist!'],
    ['include: empty.yml', 'Local file `empty.yml` is empty!'],
    ['include: comment.yml', 'Included file `comment.yml` does not have valid YAML syntax!'],
    ['include: list.yml', '`list.yml`: Invalid configuration format'],
    ['include: nested.yml', 'Local file `gone.yml` does not exist!'],
    ['include: {template: x.yml}', 'Template file `x.yml` is not a valid location!'],
    [
      'include: {template: Jobs/Build.gitlab-ci.yml}',
      'include:template names a file that only a GitLab server has ("Jobs/Build.gitlab-ci.yml"). ' +
        'Copy the template into the repository and use include:local, or give its address with include:remote.',
    ],
    [
      'include: {component: example.com/a/b/c@1.0}',
      'include:component "example.com/a/b/c@1.0": this server knows no component catalogue at that host. ' +
        "Configure INCLUDE_PROJECT_BASE, or use include:remote with the raw address of the component's template.",
    ],
    [
      'include: {project: A/b, file: x.yml}',
      'include:project "a/b": no such project here, it has no repository address, and no INCLUDE_PROJECT_BASE is configured.',
    ],
    [
      'include: {artifact: x.yml, job: j}',
      'Including configs from artifacts is only allowed when triggering child pipelines',
    ],
  ])('%s', async (text, message) => {
    const files = {
      'empty.yml': ' \n',
      'comment.yml': '# nothing',
      'list.yml': '- a',
      'nested.yml': 'include: gone.yml\na: 1',
    }
    expect(await refusal(text, files)).toBe(message)
  })

  it('says what to do about a file that is not there', async () => {
    expect((await faultOf(compileIncludes('include: a.yml'))).hint).toContain('must be sent along')
  })

  it('is told after the errors in files of other includes', async () => {
    expect(await refusal('include: [gone.yml, bad.yml]', { 'bad.yml': 'include: lost.yml\na: 1' })).toBe(
      'Local file `lost.yml` does not exist!',
    )
  })

  it('does not show masked values', async () => {
    expect(await refusal('include: a-%SECRET%.yml')).toBe('Local file `a-[MASKED]xxxx.yml` does not exist!')
  })
})

describe('any include', () => {
  const files = { 'a.yml': 'a: 1', 'ci/b.yml': 'include: a.yml\nb: 1', 'l.yml': '- x' }

  it('is resolved or refused with a ConfigError', async () => {
    const text = fc.constantFrom(
      'a.yml',
      '/ci/b.yml',
      '*',
      '**',
      'ci/*.yml',
      '',
      '$X',
      'https://e.x/a.yml',
      'l.yml',
      '[',
    )
    const leaf = fc.oneof(fc.boolean(), fc.constant(null), fc.integer(), fc.double())
    const value = fc.oneof(text, fc.string(), leaf, fc.array(leaf), fc.dictionary(fc.string(), leaf))
    const keys = fc.constantFrom(
      ...'local project file ref remote template artifact job component inputs rules integrity cache'.split(' '),
    )
    const rule = fc.dictionary(fc.constantFrom('if', 'exists', 'changes', 'when'), value)
    const entry = fc.oneof(value, fc.dictionary(keys, fc.oneof(value, fc.array(rule))))
    await fc.assert(
      fc.asyncProperty(fc.oneof(entry, fc.array(entry)), async (include) => {
        await merged(JSON.stringify({ include }), files).catch((error: unknown) => {
          if (!(error instanceof ConfigError)) throw error
        })
      }),
      { numRuns: 300 },
    )
  })

  it('is resolved or refused with a ConfigError when the text is cut at any byte', async () => {
    const text =
      'include:\n  - {local: "ci/*.yml", rules: [{if: $BRANCH == "main"}, {exists: [é]}]}\n' +
      '  - {project: p, file: [a.yml]}\n  - a.yml\nx: &x {y: 1}\nz: *x\n'
    const bytes = new TextEncoder().encode(text)
    for (let end = 0; end <= bytes.length; end += 1) {
      for (const part of [bytes.subarray(0, end), bytes.subarray(end)]) {
        await merged(new TextDecoder().decode(part), files).catch((error: unknown) => {
          if (!(error instanceof ConfigError)) throw error
        })
      }
    }
  })
})
