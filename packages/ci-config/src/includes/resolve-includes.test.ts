import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError, type Fault } from '../fault.ts'
import { loadText } from '../inputs/load-text.ts'
import { type Json, toJson } from '../yaml/tree.ts'
import type { ConfigSource, ProjectFiles, RemoteAnswer } from './config-source.ts'
import { filesSource, projectFiles } from './files-source.ts'
import type { IncludeContext } from './include-run.ts'
import { resolveIncludes } from './resolve-includes.ts'

type Files = Record<string, string>

const VARIABLES = new Map([
  ['BRANCH', { value: 'main' }],
  ['DIR', { value: 'ci' }],
  ['NESTED', { value: '$DIR/x' }],
  ['SECRET', { value: 'hidden-value', masked: true }],
])

async function compile(text: string, given: Partial<IncludeContext> = {}): Promise<Json> {
  const context = { variables: VARIABLES, ...given }
  const { content } = await loadText({ file: null, text }, null, context)
  return toJson(await resolveIncludes(content, context))
}

const merged = (text: string, files: Files = {}, source: ConfigSource = {}) =>
  compile(text, { source: { ...filesSource(files), ...source } })

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    throw new Error(`no refusal: ${JSON.stringify(await work)}`)
  } catch (error) {
    if (error instanceof ConfigError && error.faults[0]) return error.faults[0]
    throw error
  }
}

const refusal = async (text: string, files?: Files, source?: ConfigSource) =>
  (await faultOf(merged(text, files, source))).message

describe('the merge of included files', () => {
  it('puts included keys first, and lets later files and the including one win', async () => {
    const files = {
      'a.yml': 'one: {script: a, image: x}\ntwo: {tags: [a]}',
      'b.yml': 'two: {tags: [b]}\none: {image: y}',
    }
    const result = await merged('include: [a.yml, b.yml]\nthree: 1\none: {script: c}', files)
    expect(JSON.stringify(result)).toBe(
      JSON.stringify({ one: { script: 'c', image: 'y' }, two: { tags: ['b'] }, three: 1 }),
    )
  })

  it('replaces by null too', async () => {
    expect(await merged('include: a.yml\none: {image: null}', { 'a.yml': 'one: {image: x, script: a}' })).toEqual({
      one: { image: null, script: 'a' },
    })
  })

  it('does not change what anchors share', async () => {
    const files = { 'a.yml': 'one: &x {script: a}\ntwo: *x' }
    expect(await merged('include: a.yml\none: {tags: [b]}', files)).toEqual({
      one: { script: 'a', tags: ['b'] },
      two: { script: 'a' },
    })
  })

  it('follows includes of included files', async () => {
    const files = {
      'a.yml': 'include: [/ci/b.yml]\na: 1',
      'ci/b.yml': 'include: c.yml\nb: 1\na: 2',
      'c.yml': 'c: 1\nb: 3',
    }
    expect(await merged('include: a.yml', files)).toEqual({ c: 1, b: 1, a: 1 })
  })

  it('keeps the include where no file comes of it', async () => {
    expect(await merged('include: []\na: 1')).toEqual({ include: [], a: 1 })
    expect(await merged('include: {local: x.yml, rules: [{when: never}]}\na: 1')).toMatchObject({ a: 1, include: {} })
    expect(await merged('include: {project: a/b}\na: 1')).toMatchObject({ include: { project: 'a/b' } })
  })

  it('names the file and the line of what it merged', async () => {
    const files = { 'ci/a.yml': 'a:\n  - "x"\nb: [' }
    expect(await faultOf(merged('x: 1\ninclude: ci/a.yml', files))).toMatchObject({ file: 'ci/a.yml', line: 3 })
    expect(await faultOf(merged('x: 1\ninclude:\n  - no.yml'))).toMatchObject({ file: null, line: 3, column: 5 })
  })

  it('gives inputs to included files', async () => {
    const files = {
      'a.yml': 'spec: {inputs: {n: {type: number}}}\n---\n"j$[[ inputs.n ]]": {parallel: "$[[ inputs.n ]]"}',
    }
    const text = 'include:\n  - {local: a.yml, inputs: {n: 2}}\n  - {local: a.yml, inputs: {n: 3}}'
    expect(await merged(text, files)).toEqual({ j2: { parallel: 2 }, j3: { parallel: 3 } })
    expect(await refusal('include: {local: a.yml, inputs: {n: x}}', files)).toBe(
      '`a.yml`: `n` input: provided value is not a number',
    )
    expect(await refusal('include: {local: a.yml, inputs: [x]}', files)).toBe('`a.yml`: Given inputs must be a hash')
    expect(await refusal('include: {local: b.yml, inputs: {n: 1}}', { 'b.yml': 'a: 1' })).toBe(
      '`b.yml`: Given inputs not defined in the `spec` section of the included configuration file',
    )
  })

  it('tells what is doubtful in included files', async () => {
    const warnings: string[] = []
    const source = filesSource({ 'a.yml': 'a: 1\na: 2' })
    await compile('include: a.yml', { source, onWarning: ({ message }) => warnings.push(message) })
    expect(warnings).toEqual([expect.stringContaining('a is written twice')])
  })
})

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
    expect((await faultOf(compile('include: a.yml'))).hint).toContain('must be sent along')
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

describe('variables in includes', () => {
  it('are replaced once, unknown ones by nothing', async () => {
    const files = { 'ci/a.yml': 'a: 1', 'ci/b.yml': 'b: 1', '$DIR/x.yml': 'c: 1' }
    expect(await merged('include: ["$DIR/a.yml", {local: "%DIR%/%NOPE%b.yml"}, {local: $NESTED.yml}]', files)).toEqual({
      a: 1,
      b: 1,
      c: 1,
    })
  })

  it('may hide an address', async () => {
    const variables = new Map([['AT', { value: 'https://example.com/a.yml' }]])
    const source = { remote: async () => ({ bytes: new TextEncoder().encode('a: 1') }) }
    expect(await compile('include: $AT', { variables, source })).toEqual({ a: 1 })
  })
})

describe('wildcards', () => {
  const files = { 'ci/a.yml': 'a: 1', 'ci/b.yml': 'b: 1', 'ci/x/c.yml': 'c: 1', 'ci/d.yaml': 'd: 1' }

  it('take one folder or any depth', async () => {
    expect(await merged('include: ci/*.yml', files)).toEqual({ a: 1, b: 1 })
    expect(await merged('include: /ci/**.yml', files)).toEqual({ a: 1, b: 1, c: 1 })
    expect(await merged('include: ci/**/*.yml', files)).toEqual({ c: 1 })
  })

  it('leave out files that were included before', async () => {
    const nested = { ...files, 'ci/a.yml': 'include: ci/*.yml\na: 1' }
    expect(await merged('include: ci/a.yml', nested)).toEqual({ b: 1, a: 1 })
  })

  it('keep the include when they fit nothing', async () => {
    expect(await merged('include: "no/*.yml"', files)).toEqual({ include: 'no/*.yml' })
  })
})

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

describe('remote files', () => {
  const address = 'https://example.com/a.yml'
  const answering = (answer: RemoteAnswer | string): ConfigSource => ({
    remote: async () => (typeof answer === 'string' ? { bytes: new TextEncoder().encode(answer) } : answer),
  })

  it('have no project and no variables for their own includes', async () => {
    expect(await refusal(`include: ${address}`, { 'b.yml': 'b: 1' }, answering('include: b.yml\na: 1'))).toBe(
      'Local file `b.yml` does not have project!',
    )
    expect(await merged(`include: ${address}`, {}, answering('a: 1'))).toEqual({ a: 1 })
  })

  it.each<[RemoteAnswer, string]>([
    [{ failed: 'timeout' }, 'could not be fetched after 3 attempts because of a timeout error!'],
    [{ failed: 'socket' }, 'could not be fetched after 3 attempts because of a socket error!'],
    [{ failed: 'http' }, 'could not be fetched after 3 attempts because of HTTP error!'],
    [
      { failed: 'status', status: 404, attempts: 1 },
      'could not be fetched after 1 attempt because of HTTP code `404` error!',
    ],
  ])('that answer %j are refused', async (answer, message) => {
    expect(await refusal(`include: ${address}`, {}, answering(answer))).toBe(`Remote file \`${address}\` ${message}`)
  })

  it('are refused where addresses are not fetched, or may not be', async () => {
    expect(await refusal(`include: ${address}`)).toBe(
      'Remote file could not be fetched because this server fetches no addresses!',
    )
    const refused: RemoteAnswer = { failed: 'refused', reason: 'its address is private' }
    expect(await refusal(`include: ${address}`, {}, answering(refused))).toBe(
      'Remote file could not be fetched because its address is private!',
    )
  })

  it('are compared with their hash', async () => {
    const hash = 'sha256-FsPG14Z41T05qyx6WnvEWWVntGoaVwAKLXBzNPd5uCQ='
    expect(await merged(`include: {remote: "${address}", integrity: ${hash}}`, {}, answering('a: 1'))).toEqual({ a: 1 })
    expect(await refusal(`include: {remote: "${address}", integrity: ${hash}}`, {}, answering('a: 2'))).toBe(
      `Remote file \`${address}\` failed integrity check!`,
    )
  })

  it('may be kept for a time', async () => {
    const seconds: (number | null)[] = []
    const remote: ConfigSource['remote'] = async ({ cacheSeconds }) => {
      seconds.push(cacheSeconds)
      return { bytes: new TextEncoder().encode('a: 1') }
    }
    const of = (cache: string) => `{remote: "${address}", cache: ${cache}}`
    await merged(`include: [${address}, ${of('true')}, ${of('2 minutes')}, ${of('nonsense')}]`, {}, { remote })
    expect(seconds).toEqual([null, 3600, 120, null])
  })
})

describe('components', () => {
  const files = projectFiles('g/p', {
    'templates/c.yml':
      'spec: {component: [name, version], inputs: {x: }}\n---\n' +
      '"$[[ component.name ]]-$[[ component.version ]]": $[[ inputs.x ]]\ninclude: d.yml',
    'd.yml': 'd: 1',
    'templates/e/template.yml': 'e: 1',
    'templates/s.yml': 'spec: {include: [d.yml]}\n---\na: 1',
  })
  const source: ConfigSource = {
    component: async ({ host, project, version }) => {
      if (host !== 'example.com') return 'unknown'
      if (project !== 'g/p') return 'denied'
      return version === 'v9' ? 'no-ref' : { files, sha: 'abc', version }
    },
  }
  const component = (address: string) => `include: {component: ${address}, inputs: {x: 5}}`

  it('take inputs and know what they are', async () => {
    expect(await merged(component('example.com/g/p/c@1.0'), {}, source)).toEqual({ d: 1, 'c-1.0': '5' })
    expect(await merged('include: {component: example.com/g/p/e@1.0}', {}, source)).toEqual({ e: 1 })
  })

  it.each([
    ['example.com/g/p/c', 'the component path is not supported'],
    ['example.com/g/p/c@v9', 'content not found'],
    ['example.com/g/p/x@v1', 'content not found'],
    ['example.com/g/q/c@v1', "project does not exist or you don't have sufficient permissions"],
    [
      'example.com/g/p/c@~latest',
      'The ~latest version needs a catalogue of components. Use a tag, branch, or commit instead',
    ],
  ])('are refused: %s', async (address, problem) => {
    expect(await refusal(component(address), {}, source)).toBe(`Component '${address}' - ${problem}`)
  })

  it('cannot include inputs', async () => {
    expect(await refusal('include: {component: example.com/g/p/s@v1}', {}, source)).toBe(
      'Component `example.com/g/p/s@v1` cannot use `spec:include`. This keyword is not supported in components',
    )
  })
})

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

describe('the limits of includes', () => {
  it('end a circle at 150 files', async () => {
    expect(await refusal('include: a.yml', { 'a.yml': 'include: a.yml\na: 1' })).toBe(
      'Maximum of 150 nested includes are allowed!',
    )
    expect(await refusal('include: a.yml', { 'a.yml': 'spec: {include: [a.yml]}\n---\na: 1' })).toContain('150')
  })

  it('count files side by side', async () => {
    const files = Object.fromEntries(Array.from({ length: 151 }, (_, index) => [`f${index}.yml`, `j${index}: 1`]))
    const all = (count: number) => `include: [${Object.keys(files).slice(0, count).join(', ')}]`
    expect(Object.keys((await merged(all(150), files)) as object)).toHaveLength(150)
    expect(await refusal(all(151), files)).toBe('Maximum of 150 nested includes are allowed!')
  })

  it('bound the size of all files together', async () => {
    const files = { 'a.yml': `a: |\n  ${'x'.repeat(1_900_000)}` }
    expect(await refusal(`include: [${Array.from({ length: 12 }, () => 'a.yml').join(', ')}]`, files)).toBe(
      'Total size of combined CI/CD configuration is too big',
    )
  })

  it('end what takes too long, and tell the source', async () => {
    let signal: AbortSignal | undefined
    const remote: ConfigSource['remote'] = (_, given) => {
      signal = given
      return new Promise(() => {})
    }
    const fault = await faultOf(compile('include: https://example.com/a.yml', { source: { remote }, timeoutMs: 5 }))
    expect(fault.message).toBe('Request timed out when fetching configuration files.')
    expect(signal?.aborted).toBe(true)
  })

  it('stop when the caller does', async () => {
    const stop = new AbortController()
    const remote: ConfigSource['remote'] = () => {
      stop.abort(new Error('no longer wanted'))
      return new Promise(() => {})
    }
    const source = { remote }
    await expect(compile('include: https://example.com/a.yml', { source, signal: stop.signal })).rejects.toThrow(
      'no longer wanted',
    )
  })

  it('let a fault of the source itself through', async () => {
    const read = async () => {
      throw new TypeError('disk')
    }
    const source = { files: { project: '', read } }
    await expect(compile('include: [a.yml, b.yml]', { source })).rejects.toThrow('disk')
  })

  it('fetch no more than four files at once', async () => {
    let running = 0
    let most = 0
    const read = async (path: string) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve))
      running -= 1
      return `"${path}": 1`
    }
    const source = { files: { project: '', read } }
    const names = Array.from({ length: 20 }, (_, index) => `f${index}.yml`)
    expect(Object.keys((await compile(`include: [${names.join(', ')}]`, { source })) as object)).toEqual(names)
    expect(most).toBe(4)
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
