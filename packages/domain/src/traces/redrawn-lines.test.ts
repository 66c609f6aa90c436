import { type Line, linesOf, plainText, severityOf } from '@yardmaster/trace-format'
import { beforeAll, describe, expect, it } from 'vitest'
import { services, setUpScene } from '../testing/scene.ts'
import { finishedWith, parsed, takeWriting } from '../testing/trace-scene.ts'
import { outlineTrace } from './outline-trace.ts'
import { readLines } from './read-lines.ts'
import { searchTrace } from './search-trace.ts'

setUpScene()

const ESC = '\x1b['
const PLAIN = Array.from({ length: 900 }, (_, turn) => `${ESC}32mline ${turn}${ESC}0m of many`)

/** Rows that are drawn again and again, with other text before, between and after. */
function redraws(times: number, rows = 12): string[] {
  const drawn = Array.from({ length: times }, (_, turn) => {
    const up = turn === 0 ? '' : `${ESC}${rows}A`
    const shown = Array.from({ length: rows }, (_, row) =>
      row % 5 === 3 && turn % 2 === 1
        ? `${ESC}${row}C${turn % 10}`
        : `\r${ESC}2KPulling ünï 世界 ${row}: ${ESC}33m${'#'.repeat((turn * 7 + row) % 50)}${ESC}0m ${turn}`,
    )
    return up + shown.join('\n')
  })
  return [...PLAIN, ...drawn.join('\n').split('\n'), 'FAILED: what follows them', ...PLAIN]
}

/** Moves anywhere in the last rows. */
function wanderings(count: number): string[] {
  return Array.from({ length: count }, (_, turn) => {
    const at = (turn * 7_919) % 64
    const what = ['K', '1K', 'J', '3D', '2P', '5C'][turn % 6]
    return `${ESC}${at};${(turn * 31) % 60}Herror: ünï 世 ${turn}${turn % 3 === 0 ? `${ESC}${what}` : '\b\bx'}`
  })
}

const stamped = (lines: readonly string[]): string[] =>
  lines.map((line, turn) => `2024-05-14T11:43:19.997683Z 0${turn % 9 === 4 ? '1E' : '1O'} ${line}`)

const LOGS: Record<string, readonly string[]> = {
  'redrawn rows': redraws(1_500),
  'redrawn rows with time stamps': stamped(redraws(400)),
  'moves to anywhere': wanderings(4_000),
  'moves to anywhere with time stamps': stamped(wanderings(1_500)),
}

const shown = ({ number, depth, ...line }: Line) => [number, depth, plainText(line), line.section?.name]

describe.each(Object.entries(LOGS))('a log with %s', (_, stored) => {
  const log = `${stored.join('\n')}\n`
  const lines = parsed(log)
  let jobId: number

  beforeAll(async () => {
    jobId = await finishedWith(log)
  })

  async function window(from: number, limit: number) {
    for (;;) {
      const read = await readLines(services, { jobId, from, limit })
      if (!read.ok) throw new Error(read.error.kind)
      if (read.value.totalLines !== null) return read.value
    }
  }

  it('is the same in every window', async () => {
    const { totalLines } = await window(1, 10)
    expect(totalLines).toBe(lines.length)
    for (let from = 1; from <= lines.length; from += Math.ceil(lines.length / 12)) {
      for (const limit of [3, 300]) {
        const { window: found, size } = await window(from, limit)
        if (!found) throw new Error(`no line ${from}`)
        const read = linesOf(found, found.to >= size)
        expect(read).toHaveLength(found.lines)
        const expected = lines.slice(found.firstLine - 1, found.firstLine - 1 + found.lines)
        expect(read.map(shown)).toEqual(expected.map(shown))
      }
    }
  })

  it('is searched as it is shown', async () => {
    for (const query of ['世', '7: ###', 'error: ünï', 'of many']) {
      const found = await searchTrace(services, {
        ...{ jobId, query, regex: false, caseSensitive: true, fromLine: 1, limit: 20_000, budgetMs: 60_000 },
      })
      if (!found.ok) throw new Error(found.error.kind)
      const expected = lines.filter((line) => plainText(line).includes(query)).map(({ number }) => number)
      expect([...new Set(found.value.matches.map(({ line }) => line))]).toEqual(expected)
    }
  })

  it('has an outline of what is shown', async () => {
    const outline = await outlineTrace(services, { jobId })
    if (!outline.ok) throw new Error(outline.error.kind)
    const expected = lines.filter((line) => severityOf(line) === 'error').map(({ number }) => number)
    expect(outline.value.errorLines).toEqual(expected)
  })
})

it('a log that is being written shows what is known so far', async () => {
  const job = await takeWriting()
  await job.say(`${['one', 'two', 'three'].join('\n')}\n${ESC}3A${ESC}2KONE\n`)
  const read = await readLines(services, { jobId: job.id, from: 1, limit: 10 })
  if (!read.ok || !read.value.window) throw new Error('no window')
  expect(linesOf(read.value.window, false).map((line) => plainText(line))).toEqual(['ONE', 'two', 'three', ''])
})
