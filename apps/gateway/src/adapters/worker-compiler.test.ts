import type { PlanRequest, RemoteAnswer } from '@yardmaster/ci-config'
import type { KnownFiles } from '@yardmaster/domain/ports'
import { describe, expect, it, vi } from 'vitest'
import { type FilesElsewhere, NO_FILES } from './file-finder.ts'
import { type CompilerLimits, WorkerCompiler } from './worker-compiler.ts'

const facts = {
  source: 'push',
  ref: 'main',
  refKind: 'branch',
  projectPath: 'yard/lantern',
  changedPaths: null,
} as const

const request = (text: string, files: Record<string, string> | null = null): PlanRequest => ({
  ...{ text, files, facts },
  inputs: {},
  variables: [],
  maxJobs: 500,
})

const KNOWN: KnownFiles = {
  project: async () => 'unknown',
  component: async () => 'unknown',
  read: async () => null,
  list: async () => null,
}

/** Returns what the first text of a compiler leads to: its outcome and its first error, or the refusal. */
async function outcomeOf(compiler: WorkerCompiler, text: string, files?: Record<string, string>): Promise<string> {
  const planned = await compiler.plan(request(text, files), KNOWN)
  if (!planned.ok) return planned.error.kind
  const { outcome, errors } = planned.value
  return [outcome, ...errors.slice(0, 1).map(({ message }) => message)].join(': ')
}

/**
 * A worker with a sentence for each text: `crash` ends it, `throw` is an error that nothing catches, `hang` never
 * answers, `fault` is an error of the compiler, and any other text is a plan.
 */
const program = new URL(
  `data:text/javascript,${encodeURIComponent(`
  import { serialize } from 'node:v8'
  import { parentPort } from 'node:worker_threads'
  parentPort.on('message', ({ request: { text } }) => {
    if (text === 'crash') process.exit(7)
    if (text === 'throw') throw new Error('thrown')
    if (text === 'hang') for (;;);
    if (text === 'fault') return parentPort.postMessage({ kind: 'failed', error: new Error('a fault') })
    parentPort.postMessage({ kind: 'plan', bytes: serialize({ outcome: text, errors: [] }) })
  })
  parentPort.postMessage({ kind: 'ready' })
`)}`,
)

const scripted = (limits: Partial<CompilerLimits> = {}) =>
  new WorkerCompiler({ limits: { threads: 1, ...limits }, program })

const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n')

describe('the compiler in threads', () => {
  it('plans what the compiler plans', async () => {
    await using compiler = new WorkerCompiler()
    expect(await outcomeOf(compiler, 'a: { script: x }')).toBe('planned')
    expect(await outcomeOf(compiler, 'include: b.yml', { 'b.yml': 'b: { script: x }' })).toBe('planned')
    expect(await outcomeOf(compiler, 'workflow: { rules: [{ when: never }] }\na: { script: x }')).toMatch(
      /^pipeline_filtered: /,
    )
  })

  it('plans many texts, in turns', async () => {
    await using compiler = new WorkerCompiler({ limits: { threads: 2 } })
    const names = Array.from({ length: 40 }, (_, index) => `job ${index}`)
    const plans = await Promise.all(names.map((name) => compiler.plan(request(`${name}: { script: x }`), KNOWN)))
    expect(plans.map((plan) => plan.ok && plan.value.verdicts[0]?.name)).toEqual(names)
  })

  it.each([
    ['an alias bomb', `a: &a [x,x]\n${times(20, (n) => `k${n}: &k${n} [${`*${n ? `k${n - 1}` : 'a'},`.repeat(9)}]`)}`],
    [
      'aliases of a text of a mebibyte',
      `.x: &a "${'q'.repeat(1_000_000)}"\n${times(400, (n) => `j${n}: {script: *a}`)}`,
    ],
    ['brackets that are never closed', `a: ${'['.repeat(100_000)}`],
    ['tabs', `a:\n${'\t'.repeat(2_000_000)}`],
    ['a text of more than 2 MiB', `${'# comment\n'.repeat(220_000)}a: { script: x }`],
    [
      'a matrix in each job',
      times(300, (n) => `j${n}: {script: x, parallel: {matrix: [{A: [${[...Array(200).keys()]}]}]}}`),
    ],
  ])('refuses %s with an error in the plan', async (_, text) => {
    await using compiler = new WorkerCompiler({ limits: { threads: 1 } })
    expect(await outcomeOf(compiler, text)).toMatch(/^config_invalid: ./)
    expect(await outcomeOf(compiler, 'a: { script: x }')).toBe('planned')
  })

  it('refuses includes in a circle', async () => {
    await using compiler = new WorkerCompiler({ limits: { threads: 1 } })
    const files = { 'a.yml': 'include: b.yml', 'b.yml': 'include: a.yml' }
    expect(await outcomeOf(compiler, 'include: a.yml', files)).toMatch(/^config_invalid: .*150/)
  })

  it('compiles expressions that take others forever', async () => {
    await using compiler = new WorkerCompiler({ limits: { threads: 1 } })
    const expression = `$CI_COMMIT_BRANCH =~ /${'(a|a?)+'.repeat(200)}$/`
    expect(await outcomeOf(compiler, `a: {script: x, rules: [{if: '${expression}'}, {when: always}]}`)).toBe('planned')
  })

  it('refuses a text that takes too much memory with an error in the plan, and goes on with a new worker', async () => {
    await using compiler = new WorkerCompiler({ limits: { threads: 1, memoryMib: 128, timeMs: 600_000 } })
    const text = times(9_000, (n) => `j${n}: {script: x, parallel: 200}`)
    expect(await outcomeOf(compiler, text)).toBe('config_invalid: The configuration is too big')
    expect(await outcomeOf(compiler, 'a: { script: x }')).toBe('planned')
  })

  it('refuses a text that takes too long with an error in the plan, and goes on with a new worker', async () => {
    await using compiler = scripted({ timeMs: 5_000 })
    const late = 'config_invalid: Request timed out when fetching configuration files.'
    expect(await Promise.all(['hang', 'next'].map((text) => outcomeOf(compiler, text)))).toEqual([late, 'next'])
  })

  it.each([
    ['ends', 'crash', 'ended with code 7'],
    ['throws', 'throw', 'thrown'],
    ['reports a fault of the compiler', 'fault', 'a fault'],
  ])('fails only the request whose worker %s', async (_, text, message) => {
    await using compiler = scripted()
    const results = await Promise.allSettled(['one', text, 'two'].map((each) => outcomeOf(compiler, each)))
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))).toEqual([
      'one',
      expect.stringContaining(message),
      'two',
    ])
  })

  it('includes files of other commits by asking the main thread', async () => {
    const commit = { base: 'https://git.example', project: 'group/tools', sha: 'a'.repeat(40) }
    const files: FilesElsewhere = {
      remote: async ({ address }) => ({ bytes: new TextEncoder().encode(`remote: { script: "${address}" }`) }),
      project: async ({ path }) => (path === 'group/tools' ? commit : 'denied'),
      component: async () => commit,
      read: async ({ path }) => (path === 'a.yml' ? 'include: b.yml' : `${path}: { script: x }`),
    }
    await using compiler = new WorkerCompiler({ files })
    const text = `
      include:
        - https://ci.example/a.yml
        - { project: group/tools, file: a.yml }
        - { component: git.example/group/tools/build@1.0.0 }`
    const plan = await compiler.plan(request(text, {}), KNOWN)
    expect(plan.ok && plan.value.verdicts.map(({ name }) => name)).toEqual(['remote', 'b.yml', 'templates/build.yml'])
    expect(await outcomeOf(compiler, 'include: { project: group/other, file: a.yml }', {})).toMatch(
      'Project `group/other` not found or access denied!',
    )
  })

  it('compiles other texts while some wait for their files, and no more than allowed wait', async () => {
    const asked: string[] = []
    const given = Promise.withResolvers<RemoteAnswer>()
    const files: FilesElsewhere = {
      ...NO_FILES,
      remote: async ({ address }) => {
        asked.push(address)
        return await given.promise
      },
    }
    await using compiler = new WorkerCompiler({ files, limits: { threads: 1, mostThreads: 3 } })
    const waiting = ['one', 'two'].map((name) => outcomeOf(compiler, `include: https://ci.example/${name}.yml`))
    await vi.waitFor(() => expect(asked).toHaveLength(2), 240_000)
    expect(await outcomeOf(compiler, 'a: { script: x }')).toBe('planned')
    const more = ['three', 'four'].map((name) => outcomeOf(compiler, `include: https://ci.example/${name}.yml`))
    await vi.waitFor(() => expect(asked).toHaveLength(3), 240_000)
    given.resolve({ bytes: new TextEncoder().encode('b: { script: x }') })
    expect(await Promise.all([...waiting, ...more])).toEqual(['planned', 'planned', 'planned', 'planned'])
  })

  it('gives up a file when the time is over, and fails only the text whose file fails', async () => {
    const signals: AbortSignal[] = []
    const files: FilesElsewhere = {
      ...NO_FILES,
      remote: (_, signal) => {
        signals.push(signal)
        return new Promise(() => {})
      },
      project: async () => {
        throw new Error('a fault of the server')
      },
    }
    await using compiler = new WorkerCompiler({ files, limits: { threads: 1, timeMs: 3_000 } })
    expect(await outcomeOf(compiler, 'include: https://ci.example/a.yml')).toBe(
      'config_invalid: Request timed out when fetching configuration files.',
    )
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await expect(outcomeOf(compiler, 'include: { project: a/b, file: c.yml }', {})).rejects.toThrow(
      'a fault of the server',
    )
    expect(await outcomeOf(compiler, 'a: { script: x }')).toBe('planned')
  })

  it('fails a request whose worker cannot start, and tries again with the next one', async () => {
    const program = new URL('data:text/javascript,throw new Error("no start")')
    await using compiler = new WorkerCompiler({ limits: { threads: 1 }, program })
    await expect(outcomeOf(compiler, 'a')).rejects.toThrow('no start')
    await expect(outcomeOf(compiler, 'b')).rejects.toThrow('no start')
  })

  it('refuses a text when too many wait already', async () => {
    await using compiler = scripted({ waiting: 2 })
    const underWay = Promise.allSettled(['hang', 'two', 'three'].map((text) => outcomeOf(compiler, text)))
    expect(await outcomeOf(compiler, 'four')).toBe('compiler_busy')
    await compiler[Symbol.asyncDispose]()
    expect((await underWay).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  it('ends at once, whatever its threads do', async () => {
    const compiler = scripted()
    const hanging = outcomeOf(compiler, 'hang').catch(String)
    await compiler[Symbol.asyncDispose]()
    expect(await hanging).toMatch(/ended|closed/)
    await expect(outcomeOf(compiler, 'more')).rejects.toThrow('closed')
  })
})
