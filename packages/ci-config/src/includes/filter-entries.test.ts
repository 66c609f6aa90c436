import { describe, expect, it } from 'vitest'
import type { ConfigSource } from './config-source.ts'
import { projectFiles } from './files-source.ts'
import { merged, refusal } from './testing.ts'

describe('rules of includes', () => {
  const files = { 'a.yml': 'a: 1', 'notes/x.md': '' }
  const withRules = (rules: string) => `include: {local: a.yml, rules: ${rules}}`
  const isIn = async (rules: string, source?: ConfigSource) =>
    JSON.stringify(await merged(withRules(rules), files, source)) === '{"a":1}'

  it('take the first rule that matches', async () => {
    expect(await isIn('[{if: \'$BRANCH == "main"\'}]')).toBe(true)
    expect(await isIn('[{if: $NOPE}]')).toBe(false)
    expect(await isIn('[{if: $BRANCH, when: never}, {when: always}]')).toBe(false)
    expect(await isIn('null')).toBe(true)
  })

  it('ask whether files exist', async () => {
    expect(await isIn('[{exists: notes/x.md}]')).toBe(true)
    expect(await isIn('[{exists: ["*.txt", "**/*.md"]}]')).toBe(true)
    expect(await isIn('[{exists: "*.md"}]')).toBe(false)
    expect(await isIn('[{exists: $DIR}]')).toBe(false)
  })

  it('ask whether files of another project exist', async () => {
    const source: ConfigSource = {
      project: async (path, ref) =>
        path === 'p' ? (ref === 'no' ? 'no-ref' : projectFiles('p', { y: '' })) : 'denied',
    }
    expect(await isIn('[{exists: {paths: [y], project: p}}]', source)).toBe(true)
    expect(await refusal(withRules('[{exists: {paths: [y], project: q}}]'), files, source)).toBe(
      'include:rules:exists:project `q` not found or access denied',
    )
    expect(await refusal(withRules('[{exists: {paths: [y], project: p, ref: "no"}}]'), files, source)).toBe(
      'include:rules:exists:ref `no` is not a valid ref in project `p`',
    )
  })

  it('ask what changed, and take the unknown for changed', async () => {
    expect(await isIn('[{changes: [notes/*]}]')).toBe(true)
    const source: ConfigSource = {
      changedPaths: async (since) => (since === null ? ['src/x'] : since === 'main' ? ['notes/y'] : 'no-ref'),
    }
    expect(await isIn('[{changes: [notes/*]}]', source)).toBe(false)
    expect(await isIn('[{changes: {paths: [notes/*], compare_to: main}}]', source)).toBe(true)
    expect(await refusal(withRules('[{changes: {paths: [x], compare_to: "no"}}]'), files, source)).toBe(
      'include:rules:changes:compare_to is not a valid ref',
    )
  })

  it.each([
    ['a', 'include:rules config should be an array'],
    ['[]', "include:rules config can't be blank"],
    ['[{jf: x}]', 'include:rule config contains unknown keys: jf'],
    ['[{if: "="}]', 'include:rule if invalid expression syntax'],
    ['[{when: manual}]', 'include:rule when unknown value: manual'],
    ['[{changes: 5}]', 'include:rule:changes should be an array or a hash'],
    ['[{exists: {}}, {exists: 5}]', 'include:rule:exists should be a string, an array of strings, or a hash'],
  ])('are checked: %s', async (rules, message) => {
    expect(await refusal(withRules(rules), files)).toBe(message)
  })
})
