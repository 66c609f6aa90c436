import { KEYWORDS, type Keyword } from '@yardmaster/ci-config'
import fc from 'fast-check'

const junk = fc.jsonValue({ maxDepth: 3 })
const word = fc.constantFrom('a', 'b c', '$A', 'päth/', 'x'.repeat(70), '🛹')
const words = fc.array(word, { minLength: 1, maxLength: 3 })
const name = fc.constantFrom('A', 'B_2', 'STEPS', '__proto__', 'GIT_DEPTH', 'constructor')
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] })

const script = fc.oneof(word, words, fc.array(fc.oneof(word, words), { minLength: 1, maxLength: 3 }))
const variables = fc.dictionary(
  name,
  fc.oneof(
    word,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    some({ value: word, expand: fc.boolean() }),
  ),
)
const duration = fc.oneof(fc.constantFrom('1 day', '3:00', 'two weeks', 'never', '0.2s'), fc.integer())
const imageFields = {
  name: word,
  entrypoint: words,
  pull_policy: fc.constantFrom<unknown>('always', ['never', 'always'], 'x'),
  docker: some({ platform: word, user: fc.oneof(word, fc.nat()) }),
  kubernetes: some({ user: fc.oneof(word, fc.nat()) }),
}
const result = fc.constantFrom('on_success', 'on_failure', 'always')
const report = fc.oneof(word, words)
const inputValue = fc.oneof(
  word,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  some({ default: junk, type: fc.constantFrom('string', 'number', 'boolean', 'array', 'struct') }),
)

const stepName = fc.constantFrom('a', 'b_2', 'c-d')

const examples = Object.values<Keyword<unknown>>(KEYWORDS).map(
  ({ keyword, examples }) => [keyword, fc.constantFrom(...examples)] as const,
)

const keywords: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries(examples),
  script,
  before_script: script,
  after_script: fc.oneof(script, fc.constant([])),
  image: fc.oneof(word, some(imageFields)),
  services: fc.array(fc.oneof(word, some({ ...imageFields, alias: word, command: words, variables })), {
    maxLength: 2,
  }),
  variables,
  tags: words,
  timeout: duration,
  artifacts: some({
    name: word,
    untracked: fc.boolean(),
    paths: words,
    exclude: words,
    when: result,
    expire_in: duration,
    reports: some({ junit: report, lsif: report, sast: report, dotenv: report }),
  }),
  cache: fc.oneof(
    some({ key: word, paths: words, policy: fc.constantFrom('pull', 'push', 'x'), when: result, fallback_keys: words }),
    fc.array(some({ untracked: fc.boolean(), unprotect: fc.boolean() }), { maxLength: 2 }),
  ),
  dependencies: fc.array(fc.nat()),
  retry: fc.oneof(fc.nat(3), some({ max: fc.nat(3), exit_codes: fc.nat() })),
  allow_failure: fc.oneof(fc.boolean(), some({ exit_codes: fc.array(fc.nat()) })),
  when: fc.constantFrom('on_success', 'manual', 'always'),
  hooks: some({ pre_get_sources_script: script, post_get_sources_script: script }),
  inputs: fc.dictionary(name, inputValue),
  release: some({ tag_name: word, description: word, milestones: words }),
  run: fc.array(
    fc.oneof(
      fc.record({ name: stepName, script: word, env: fc.dictionary(name, word) }, { requiredKeys: ['name', 'script'] }),
      fc.record(
        {
          name: stepName,
          step: fc.oneof(word, some({ git: some({ url: word, rev: word }) })),
          inputs: fc.dictionary(name, junk),
        },
        { requiredKeys: ['name', 'step'] },
      ),
    ),
    { minLength: 1, maxLength: 2 },
  ),
  secrets: fc.dictionary(
    name,
    some({
      vault: fc.constantFrom<unknown>('a/b@c', { path: 'a', field: 'b', engine: { name: 'a', path: 'b' } }),
      token: word,
      file: fc.boolean(),
    }),
  ),
}

/** Definitions of a few keywords, mostly well formed, so that many are accepted and some are invalid. */
export const definitions = fc
  .uniqueArray(fc.constantFrom(...Object.keys(keywords)), { minLength: 1, maxLength: 3 })
  .chain((keys) =>
    fc.record(
      Object.fromEntries(
        keys.map((key) => [
          key,
          fc.oneof({ arbitrary: keywords[key] ?? junk, weight: 12 }, { arbitrary: junk, weight: 1 }),
        ]),
      ),
    ),
  )
  // Through JSON, as over the wire: JSON has no -0.
  .map((definition) => JSON.parse(JSON.stringify(definition)))
  .map((definition) => (Object.hasOwn(definition, 'run') ? definition : { script: 'make', ...definition }))
