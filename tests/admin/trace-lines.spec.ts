import type { TraceSearch } from '../support/api.ts'
import { expect, test } from '../support/fixtures.ts'

const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\x1b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\x1b[0K`

/** Repeats the query until the whole log is indexed. */
async function indexed<Answer extends { totalLines: number | null }>(query: () => Promise<Answer>): Promise<Answer> {
  let answer: Answer | undefined
  await expect
    .poll(async () => {
      answer = await query()
      return answer.totalLines
    })
    .not.toBeNull()
  if (!answer) throw new Error('no answer')
  return answer
}

/** More than a megabyte, so that its index is stored with the log. */
const LONG = Array.from({ length: 40_000 }, (_, turn) => `line ${turn + 1} of a long log, Grüße 🚂\n`).join('')

test('any line of a long log is found by its number, while the job runs and afterwards', async ({
  takenJob,
  admin,
}) => {
  await takenJob.say(LONG)
  const input = { jobId: takenJob.id, from: 31_234, limit: 3 }
  const live = await indexed(() => admin.query('traces.lines', input))
  expect(live).toMatchObject({ totalLines: 40_000, complete: false, window: { firstLine: 31_234, lines: 3 } })
  expect(live.window?.text).toMatch(/^line 31234 of .* 🚂\nline 31235 .*\nline 31236 .*\n$/)
  expect(Buffer.byteLength(live.window?.text ?? '')).toBe((live.window?.to ?? 0) - (live.window?.from ?? 0))

  await takenJob.finish('success')
  const over = await indexed(() => admin.query('traces.lines', input))
  expect(over).toMatchObject({ complete: true, window: live.window })
})

test('a window includes the state needed to parse it: style, open sections, numbers', async ({ takenJob, admin }) => {
  await takenJob.say(`${start('build', 100)}Building\n\x1b[31mred from here\nstill red\n`)
  const { window } = await admin.query('traces.lines', { jobId: takenJob.id, from: 3 })
  expect(window).toMatchObject({
    text: 'still red\n',
    state: { line: 3, style: { fg: { palette: 16, index: 1 } }, sections: [{ name: 'build', headerLine: 1 }] },
  })
})

test('following a running job continues from its last lines', async ({ takenJob, admin }) => {
  await takenJob.say('one\ntwo\nthree\nfo')
  const { window } = await admin.query('traces.lines', { jobId: takenJob.id, last: true, limit: 2 })
  expect(window).toMatchObject({ firstLine: 3, lines: 2, text: 'three\nfo', to: takenJob.log.length })
  const events = admin.watchTrace(takenJob.id, { from: window?.to ?? 0 })
  await events.next()
  await takenJob.say('ur\n')
  expect((await events.next()).value).toMatchObject({ from: window?.to, text: 'ur\n' })
  await events.return(undefined)
})

test('an outline has sections with their times and the error-coloured lines', async ({ takenJob, admin }) => {
  await takenJob.say(
    `${start('prepare', 100, '[collapsed=true]')}Preparing\nx\n${end('prepare', 130)}${start('step', 130)}Running\n` +
      `\x1b[31;1mERROR: Job failed\x1b[0m\n`,
  )
  await takenJob.finish('failed')
  const outline = await indexed(() => admin.query('traces.outline', { jobId: takenJob.id }))
  expect(outline).toMatchObject({
    totalLines: 4,
    sections: [
      { name: 'prepare', header: 'Preparing', options: { collapsed: 'true' }, startLine: 1, endLine: 2 },
      { name: 'step', header: 'Running', startLine: 3, endLine: null, endedAt: null },
    ],
    errorLines: [4],
  })
  expect(outline.sections[0]).toMatchObject({ startedAt: 100, endedAt: 130 })
})

test('the end of a section ends those inside it that a failing script left open', async ({ takenJob, admin }) => {
  await takenJob.say(
    `${start('step_script', 100)}Running\n${start('mine', 110, '[collapsed=true]')}Mine\nx\n` +
      `${end('step_script', 130)}\x1b[31;1mERROR: Job failed\x1b[0m\n`,
  )
  await takenJob.finish('failed')
  const outline = await indexed(() => admin.query('traces.outline', { jobId: takenJob.id }))
  expect(outline.sections).toMatchObject([
    { name: 'step-script', startLine: 1, endLine: 3, endedAt: 130 },
    { name: 'mine', startLine: 2, endLine: 3, endedAt: 130 },
  ])
  expect(outline.errorLines).toEqual([4])
})

test('a line is continued in its own stream, whatever other streams write in between', async ({ takenJob, admin }) => {
  const piece = (stream: string, text: string) => `2024-05-14T11:43:19.997683Z ${stream}${text}\n`
  const others = Array.from({ length: 20_000 }, (_, turn) => piece('01O', ` n ${turn}`)).join('')
  await takenJob.say(piece('01E', ' 10%\r') + piece('01O', ' error: file not found') + piece('01E', '+20%\r'))
  await takenJob.say(others + piece('01E', '+\x1b[31mbroken\x1b[0m'))
  await takenJob.finish('failed')
  const jobId = takenJob.id
  const { totalLines, window } = await indexed(() => admin.query('traces.lines', { jobId, from: 1, limit: 2 }))
  expect(totalLines).toBe(20_002)
  expect(window).toMatchObject({ lines: 2, changes: [{ number: 1, clears: true, spans: [{ text: 'broken' }] }] })
  expect(await indexed(() => admin.query('traces.outline', { jobId }))).toMatchObject({
    ...{ errorLines: [2], redLines: [1] },
  })
  const lineOf = async (query: string) =>
    (await admin.query('traces.search', { jobId, query })).matches.map(({ line }) => line)
  expect(await lineOf('error: file not found')).toEqual([2])
  expect(await lineOf('broken')).toEqual([1])
  expect(await lineOf('10%')).toEqual([])
  expect(await lineOf('n 19999')).toEqual([20_002])
})

test('a search finds text across colours, counts beyond its list, and can be continued', async ({
  takenJob,
  admin,
}) => {
  await takenJob.say(`${LONG}a nee\x1b[32mdle\x1b[0m here\n`)
  await takenJob.finish('success')
  const jobId = takenJob.id
  const found: TraceSearch['matches'][number][] = []
  // A search that takes too long says where to continue.
  for (let fromLine: number | null = 1; fromLine; ) {
    const part: TraceSearch = await admin.query('traces.search', { jobId, query: 'NEEDLE', fromLine })
    found.push(...part.matches)
    fromLine = part.nextLine
  }
  expect(found).toMatchObject([{ line: 40_001, start: 2, end: 8, snippet: 'a needle here' }])

  const numbers: number[] = []
  for (let fromLine: number | null = 1; fromLine; ) {
    const part: TraceSearch = await admin.query('traces.search', {
      ...{ jobId, query: 'line \\d*77 of', regex: true, limit: 150, fromLine },
    })
    numbers.push(...part.matches.map(({ line }) => line))
    fromLine = part.nextLine
  }
  expect(numbers).toEqual(Array.from({ length: 400 }, (_, turn) => turn * 100 + 77))
})

test('an invalid pattern is refused with the reason, and a hostile one does no harm', async ({ takenJob, admin }) => {
  await takenJob.say(`${'a'.repeat(100_000)}\n`)
  const jobId = takenJob.id
  const refusal = { code: 'BAD_REQUEST', message: expect.stringMatching(/^query: /) }
  for (const query of ['(', '(a)\\1', '(?=a)']) {
    await expect(admin.query('traces.search', { jobId, query, regex: true })).rejects.toMatchObject(refusal)
  }
  const found = await admin.query('traces.search', { jobId, query: '(a+)+$|(a|aa)+b', regex: true })
  expect(found.count).toBeLessThanOrEqual(1)
})

test('unknown jobs and impossible lines are refused', async ({ takenJob, admin }) => {
  for (const procedure of ['traces.lines', 'traces.outline']) {
    await expect(admin.query(procedure, { jobId: 2_000_000_000 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
  await expect(admin.query('traces.search', { jobId: 2_000_000_000, query: 'x' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  const bad = [{ from: 0 }, { from: 1, around: 1 }, { limit: 2_001 }, { last: false }]
  for (const place of bad) {
    await expect(admin.query('traces.lines', { jobId: takenJob.id, ...place })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  }
})
