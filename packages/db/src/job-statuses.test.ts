import { globSync, readFileSync } from 'node:fs'
import { JOB_STATUSES, MOVES } from '@yardmaster/domain/jobs'
import { describe, expect, it } from 'vitest'
import { sampleClaim, samplePipeline, sampleRunner } from './testing/samples.ts'
import { makeProject, useTestDatabase } from './testing/set-up.ts'
import { arrange, openTestDatabase } from './testing.ts'

const folder = new URL('.', import.meta.url)
const FILES = globSync('**/*.ts', { cwd: folder }).filter((file) => !/\.test\.ts$|^testing/.test(file))
const text = (file: string) => readFileSync(new URL(file, folder), 'utf8')
const QUOTED = new RegExp(`'(${JOB_STATUSES.join('|')})'`, 'g')

/** Matches the value of the column among assignments. */
const STATUS = /(?:^|,)\s*status(?:: | = )([\s\S]*?)(?:,\s+\w+(?::| =)|$)/

/** Returns the assignments of the updates and inserts of `jobs` in a file. */
const settings = (file: string): string[] => {
  const updates = text(file).matchAll(
    /update jobs\b(?: \w+)?\s+set\b([\s\S]*?)(?:\swhere\b|\n\s*(?:from|returning)\b)/g,
  )
  const inserts = text(file).matchAll(/\binsert(?:New|Retry)\(\{([\s\S]*?)\}\)/g)
  return [...updates, ...inserts].map(([, set = '']) => set)
}

describe('the statements that change the status of a job', () => {
  const changing = FILES.flatMap((file) => settings(file).filter((set) => STATUS.test(set)))

  it('are all found', () => {
    expect(changing.length).toBeGreaterThanOrEqual(9)
  })

  it('take the new status from the table of moves', () => {
    for (const set of changing) {
      const status = STATUS.exec(set)?.[1] ?? ''
      // Removes references to the table, and the event that a parameter names.
      const rest = status.replaceAll(/\$\{status(After|esBefore)\([^)]*\)\}|\$\d = '\w+'/g, '')
      expect(rest.match(QUOTED), status).toBeNull()
      // `status` is an argument of the function that builds the statement, `$2` a parameter of it: both are typed.
      expect(status).toMatch(/\$\{statusAfter\(|^\$\{status\}$|^\$2$/)
    }
  })

  it('make every move of the table, except those of new jobs, whose status is given', () => {
    const written = FILES.map(text).join('\n')
    const made = Object.keys(MOVES).filter((name) => new RegExp(`\\bstatus(After|esBefore)\\('${name}'`).test(written))
    // One statement makes these three; it starts from the status that they share.
    expect(made).toEqual(Object.keys(MOVES).filter((name) => !['create', 'actionize', 'schedule'].includes(name)))
    expect(MOVES.actionize.from).toEqual(MOVES.skip.from)
    expect(MOVES.schedule.from).toEqual(MOVES.skip.from)
  })

  it('do not have their own lists of statuses', () => {
    for (const file of FILES) expect(text(file).match(/\bstatus (not )?in \('/g), file).toBeNull()
  })
})

describe('a database for tests', () => {
  const test = useTestDatabase()

  it('permits the moves of the table', async () => {
    const project = await makeProject(test)
    const [id = 0] = await test.stores.jobs.create(samplePipeline(project.id))
    const runner = await test.stores.runners.create(sampleRunner())
    expect((await test.stores.jobs.claim(sampleClaim(runner))).kind).toBe('taken')
    expect((await test.stores.jobs.beginCanceling(id))?.status).toBe('canceling')
  })

  it('refuses every other move, and fails at the end when a caller swallowed the refusal', async () => {
    const opened = await openTestDatabase()
    const project = await makeProject(opened)
    const [id = 0] = await opened.stores.jobs.create(samplePipeline(project.id))
    const move = (status: string) => opened.db.query('update jobs set status = $2 where id = $1', [id, status])
    await expect(move('success')).rejects.toThrow(`job ${id}: no move is pending -> success`)
    await expect(
      opened.db.query(
        `insert into jobs overriding system value
         select (jsonb_populate_record(j, '{"id": 987654321, "status": "running"}')).* from jobs j where id = $1`,
        [id],
      ),
    ).rejects.toThrow('no move is nothing -> running')
    await arrange(opened.db, "update jobs set status = 'success' where id = $1", [id])
    expect((await opened.stores.jobs.find(id))?.status).toBe('success')
    await expect(move('pending')).rejects.toThrow('no move is success -> pending')
    await expect(opened[Symbol.asyncDispose]()).rejects.toThrow('3 moves of jobs were refused')
  })
})
