import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JOB_STATUSES, WAITING } from './job.ts'
import { canMove, isMove, MOVES, type MoveName } from './moves.ts'

const source = new URL('..', import.meta.url)
const root = new URL('../../../', source)
const read = (path: string, from = source) => readFileSync(new URL(path, from), 'utf8')

/** The moves that each method of the stores makes. */
const MADE_BY: Readonly<Record<string, readonly MoveName[]>> = {
  'jobs.create': ['create'],
  'jobs.retry': ['retry', 'process', 'reopen'],
  'pipelines.retry': ['retry', 'process', 'reopen'],
  'jobs.setCreated': ['actionize', 'schedule', 'skip'],
  'jobs.enqueue': ['enqueue'],
  'jobs.play': ['play', 'process', 'reopen'],
  'jobs.startTrigger': ['start'],
  'jobs.failTrigger': ['drop'],
  'jobs.followChildren': ['mirror'],
  'jobs.claim': ['run', 'reject'],
  'jobs.leaveToNewer': ['putBack'],
  'jobs.putBack': ['putBack'],
  'jobs.finish': ['succeed', 'drop', 'cancel'],
  'jobs.beginCanceling': ['cancelGracefully'],
  'jobs.cancelWaiting': ['cancelWaiting'],
  'jobs.dropWaiting': ['dropWaiting'],
}

const NAMES = Object.keys(MOVES) as MoveName[]

describe('the moves of a job', () => {
  it('are made by the use cases that the table names', () => {
    const callers = new Map<MoveName, string[]>(NAMES.map((name) => [name, []]))
    const files = globSync('**/*.ts', { cwd: source }).filter((file) => !/(\.test\.ts$|^ports|testing)/.test(file))
    for (const file of files.sort()) {
      const calls = new Set(
        Array.from(read(file).matchAll(/\b(?:jobs\.\w+|pipelines\.retry)(?=\()/g), ([call]) => call),
      )
      for (const call of calls) for (const name of MADE_BY[call] ?? []) callers.get(name)?.push(file)
    }
    for (const name of NAMES) expect(callers.get(name), name).toEqual([...MOVES[name].by].sort())
  })

  it('reach every status except preparing, which is not used here', () => {
    const reached = JOB_STATUSES.filter((status) => NAMES.some((name) => MOVES[name].to.some((to) => to === status)))
    expect(reached).toEqual(JOB_STATUSES.filter((status) => status !== 'preparing'))
  })

  it('do not start from a final status', () => {
    for (const after of JOB_STATUSES) {
      for (const before of ['success', 'failed', 'canceled'] as const) expect(isMove(before, after)).toBe(false)
      // A skipped job is revived when a job that it waited for is retried.
      expect(isMove('skipped', after)).toBe(after === 'created')
    }
  })

  it('start from the statuses of the table only', () => {
    expect(JOB_STATUSES.filter((status) => canMove(status, 'play'))).toEqual(['manual', 'scheduled'])
    expect(isMove(null, 'running')).toBe(false)
    expect(isMove('pending', 'running')).toBe(true)
    expect(isMove('running', 'created')).toBe(false)
  })

  it('are those that docs/architecture.md shows', () => {
    const list = (statuses: readonly (string | null)[]) =>
      statuses === WAITING ? '*waiting*' : statuses.map((one) => one ?? '–').join(', ')
    const useCases = (files: readonly string[]) => files.map((file) => `\`${basename(file, '.ts')}\``).join(', ')
    const rows = NAMES.map((name) => {
      const { from, to, by } = MOVES[name]
      return `| ${name} | ${list(from)} | ${list(to)} | ${useCases(by)} |`
    })
    const shown = read('docs/architecture.md', root).split('\n')
    expect(shown.slice(shown.indexOf('| move | from | to | use cases |') + 2).slice(0, rows.length + 1)).toEqual([
      ...rows,
      '',
    ])
  })
})
