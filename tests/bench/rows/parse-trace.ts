import { createRequire } from 'node:module'
import { TraceParser } from '@yardmaster/trace-format'
import { inTurns, median, ratio } from '../rounds.ts'
import type { Finding, Row } from '../row.ts'

// Its names are not seen by an import.
const { Terminal } = createRequire(import.meta.url)('@xterm/headless') as typeof import('@xterm/headless')

const LINES = 40_000
const ROUNDS = 7
/** Characters given to the parser at once, as the server does. */
const PIECE = 65_536
const ESC = '\u001b['

const plain = Array.from({ length: LINES }, (_, turn) => `line ${turn} with some words, and numbers like ${turn * 7}`)
const LOGS: Record<string, string> = {
  plain: `${plain.join('\n')}\n`,
  coloured: plain.map((line) => `${ESC}32m${line.slice(0, 9)}${ESC}0m${ESC}K${line.slice(9)}\n`).join(''),
  'time stamps': plain.map((line) => `2024-05-14T11:43:19.997683Z 01O ${line}\n`).join(''),
  'redrawn rows': plain
    .map((line, turn) => (turn % 4 === 3 ? `${ESC}2K\r${line}\n${ESC}4A` : `${ESC}2K\r${line}\n`))
    .join(''),
}

/**
 * Text of logs turned into lines, in megabytes a second, in one process. The baseline is the terminal that runs in
 * editors and browsers, without a screen.
 */
export const parseTrace: Row = {
  name: 'parse',
  kinds: ['embedded'],
  async measure() {
    const findings: Finding[] = []
    for (const [name, text] of Object.entries(LOGS)) {
      const { ours, baseline } = await inTurns(ROUNDS, {
        ours: { processes: {}, round: () => measured(text, async () => parse(text)) },
        baseline: { processes: {}, round: () => measured(text, () => show(text)) },
      })
      findings.push({
        what: `parse, ${name}`,
        ours: rate(median(ours.figures)),
        baseline: rate(median(baseline.figures)),
        ratio: ratio(ours, baseline).toFixed(2),
      })
    }
    return findings
  },
}

const rate = (figure: number): string => `${figure.toFixed(0)} MB/s`

async function measured(text: string, work: () => Promise<void>): Promise<{ figure: number; operations: number }> {
  const began = performance.now()
  await work()
  return { figure: text.length / 1_000 / (performance.now() - began), operations: 1 }
}

function parse(text: string): void {
  const parser = new TraceParser()
  for (let at = 0; at < text.length; at += PIECE) parser.push(text.slice(at, at + PIECE))
  parser.end()
}

async function show(text: string): Promise<void> {
  const terminal = new Terminal({ cols: 512, rows: 64, scrollback: LINES, convertEol: true, allowProposedApi: true })
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  terminal.dispose()
}
