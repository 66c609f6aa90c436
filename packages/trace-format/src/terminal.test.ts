import { Unicode11Addon } from '@xterm/addon-unicode11'
import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, plainText } from './line.ts'
import { changeLines } from './line-change.ts'
import { TraceParser } from './parser.ts'
import { Row } from './row.ts'
import { MOST_ROWS } from './screen.ts'

/** Returns what a real terminal shows, with what was scrolled away; without blanks at the ends. */
async function onTerminal(text: string): Promise<string[]> {
  const terminal = new Terminal({
    ...{ cols: 512, rows: MOST_ROWS, scrollback: 100_000, convertEol: true, allowProposedApi: true },
  })
  terminal.loadAddon(new Unicode11Addon())
  terminal.unicode.activeVersion = '11'
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  const { active } = terminal.buffer
  const rows = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? '')
  terminal.dispose()
  return withoutEnd(rows)
}

function shown(text: string, sizes: readonly number[] = [text.length + 1]): string[] {
  const parser = new TraceParser()
  let lines: Line[] = []
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    lines.push(...parser.push(text.slice(at, at + size)))
    lines = changeLines(lines, parser.changes)
    at += size
  }
  lines.push(...parser.end())
  return withoutEnd(changeLines(lines, parser.changes).map(asOnScreen))
}

/** Tabs of a line in which the cursor was not moved stay tabs. */
const asOnScreen = ({ spans }: Line): string => plainText({ spans: Row.of(spans).spans() })

function withoutEnd(rows: readonly string[]): string[] {
  const trimmed = rows.map((row) => row.replace(/ +$/, ''))
  return trimmed.slice(0, trimmed.findLastIndex((row) => row !== '') + 1)
}

const move = fc.oneof(
  fc.tuple(fc.constantFrom('A', 'B', 'E', 'F'), fc.integer({ min: 0, max: 9 })),
  fc.tuple(fc.constantFrom('C', 'D', 'G'), fc.integer({ min: 0, max: 40 })),
  fc.tuple(fc.constantFrom('K', 'J'), fc.integer({ min: 0, max: 1 })),
  fc.constant(['K', 2] as const),
)
const sequence = fc.oneof(
  { weight: 4, arbitrary: move.map(([final, count]) => `\x1b[${count}${final}`) },
  fc
    .tuple(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 30 }))
    .map(([row, column]) => `\x1b[${row};${column}H`),
  fc.constantFrom(
    '\b',
    '\b\b',
    '\x1b[A\r',
    '\x1b[2K\r',
    '\x1b[1A\x1b[2K',
    '\x1b[31m',
    '\x1b[0m',
    '\r\x1b[K',
    '\x1b[H',
    '\x1b[K',
  ),
)
const words = fc.oneof(
  fc.stringMatching(/^[ -r]{1,12}$/),
  fc.constantFrom('世界', 'é', 'e\u0301', '🚀', 'a\tb', '日本 ok', 'ü'.repeat(9)),
)
/** Rows below the last one do not exist in a log: the cursor stays above it. */
const screenful = '\n'.repeat(MOST_ROWS)
const output = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: words },
      { weight: 3, arbitrary: sequence },
      { weight: 2, arbitrary: fc.constant('\n') },
    ),
    {
      maxLength: 80,
    },
  )
  .map((parts) => screenful + parts.join(''))

describe('a log with moves of the cursor', () => {
  it('shows the rows of a real terminal', async () => {
    await fc.assert(
      fc.asyncProperty(
        output,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 }),
        async (text, sizes) => {
          const rows = await onTerminal(text)
          expect(shown(text)).toEqual(rows)
          expect(shown(text, sizes)).toEqual(rows)
        },
      ),
      { numRuns: 1500 },
    )
  })
})

const up = (rows: number) => `\x1b[${rows}A`
const bar = (done: number, width = 20) => `${'='.repeat(done)}>${' '.repeat(Math.max(0, width - done))}`
const SPINNER = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const frames = (count: number, frame: (turn: number) => string) =>
  Array.from({ length: count }, (_, turn) => frame(turn)).join('')

const before = (line: string, text: string) => `${line}\n${text}`

/** What tools write when they take their output for a terminal. A lone carriage return is followed by an erasure. */
const TOOLS: Record<string, string> = {
  'docker compose': frames(30, (turn) => {
    const rows = ['db', 'cache', 'web'].map(
      (name, row) =>
        `\x1b[2K \x1b[32m${turn > 8 * (row + 1) ? '✔' : SPINNER[turn % 10]}\x1b[0m Container ${name}  ${turn > 8 * (row + 1) ? 'Started' : 'Starting'}`,
    )
    return `${turn === 0 ? '' : `${up(4)}\x1b[0G`}\x1b[?25l\x1b[2K[+] Running ${Math.min(3, turn >> 3)}/3\n${rows.join('\n')}\n\x1b[?25h`
  }),
  'docker-compose 1 pull': `${['a', 'b', 'c'].map((name) => `Pulling ${name} ... \n`).join('')}${frames(20, (turn) => {
    const rows = 3 - (turn % 3)
    return `${up(rows)}\x1b[2K\r\x1b[KPulling ${'abc'[turn % 3]} ... ${turn * 5}%\r\x1b[${rows}B`
  })}done\n`,
  buildkit: before(
    '$ docker build .',
    frames(12, (turn) => {
      const rows = Array.from(
        { length: Math.min(turn + 1, 5) },
        (_, row) => ` => [${row + 1}/5] RUN make ${row}${' '.repeat(10)}${turn - row}.${row}s`,
      )
      return `${turn === 0 ? '' : `\x1b[${Math.min(turn, 5) + 1}A`}\x1b[1A\x1b[1B\x1b[0G\x1b[?25l[+] Building ${turn}.1s (${turn}/5)\x1b[K\n${rows.map((row) => `\x1b[34m${row}\x1b[0m\x1b[K`).join('\n')}\n\x1b[?25h`
    }),
  ),
  pnpm: frames(15, (turn) => {
    const erased = turn === 0 ? '' : `\x1b[2A\x1b[0J`
    return `${erased}Progress: resolved \x1b[96m${turn * 9}\x1b[39m, reused ${turn}\n${turn % 2 ? 'Packages: +9' : `Downloading ${turn} MB`}\n`
  }),
  'npm and listr': frames(
    12,
    (turn) =>
      `${turn === 0 ? '' : '\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G'}${SPINNER[turn % 10]} Build\n  ${turn % 3 ? '✔' : '❯'} step ${turn}\n`,
  ),
  'yarn 1':
    frames(40, (turn) => `\r\x1b[K[${'#'.repeat(turn)}${'-'.repeat(40 - turn)}] ${turn}/40`) +
    '\r\x1b[K✨  Done in 2.10s.\n',
  cargo: `   Compiling a v1.0\n${frames(20, (turn) => `\x1b[K    Building [${bar(turn)}] ${turn}/20: 世界-sys\r\x1b[K${turn % 6 === 5 ? `   Compiling crate${turn}\n` : ''}`)}    Finished in 3s\n`,
  bazel: frames(
    25,
    (turn) =>
      `${turn === 0 ? '' : '\r\x1b[1A\x1b[K\x1b[1A\x1b[K'}(${turn}:00) [${turn} / 25] Compiling\n    //pkg:target${turn}; ${turn}s\n`,
  ),
  'tqdm with nested bars': `${frames(20, (turn) => `\r\x1b[Kouter: ${turn}/20\n\r\x1b[Kinner: ${bar(turn)}\x1b[A`)}\n\n`,
  'pip and rich': `${frames(20, (turn) => `\r\x1b[2K   \x1b[38;5;197m${'━'.repeat(turn)}\x1b[0m ${turn}/20 MB 🚀`)}\n\x1b[?25h`,
  apt: `${frames(
    20,
    (turn) => `\x1b[2K\x1b[1GGet:${turn} stable/main amd64 package ${'x'.repeat(20 - turn)}\x1b[40G${turn}%`,
  )}\n`,
  'init scripts': ['Starting a', 'Starting b with a long name']
    .map((text) => `${text}\x1b[60G[ \x1b[32mok\x1b[0m ]\n`)
    .join(''),
  pacman: frames(
    20,
    (turn) =>
      `${turn === 0 ? '\n\n' : ''}${up(2)} core ${turn} KiB [${bar(turn)}]\x1b[K\x1b[E extra ${turn * 2} KiB\x1b[K\x1b[E`,
  ),
  'git and ninja':
    frames(10, (turn) => `\r\x1b[KReceiving objects: ${turn}% (${turn}/100)`) +
    ', done.\n' +
    frames(9, (turn) => `\r\x1b[K[${turn}/9] Linking a very long name`.slice(0, 40 - turn)) +
    '\n',
  'a spinner with backspaces': `Waiting ${frames(12, (turn) => `${'|/-\\\\'[turn % 4]}\b`)}done\n`,
  'man pages': 'N\bNA\bAM\bME\bE\n_\bf_\bi_\bl_\be\n',
  terraform: `${frames(6, (turn) => `null_resource.a: Still creating... [${turn}0s elapsed]\n`)}\x1b[1A\x1b[2KApply complete!\n`,
}

describe('what tools write on a terminal', () => {
  it.each(Object.entries(TOOLS))('%s', async (_, text) => {
    const rows = await onTerminal(text)
    expect(shown(text)).toEqual(rows)
    for (const size of [1, 7, 64]) expect(shown(text, [size])).toEqual(rows)
  })
})

describe('a screen', () => {
  it('of a stream with time stamps is its own', () => {
    const stored = (stream: string, text: string) => `2024-05-14T11:43:19.997683Z ${stream} ${text}\n`
    const log = [
      ...[
        stored('01O', 'first'),
        stored('01E', 'warning'),
        stored('01O', 'second'),
        stored('01E', `${up(1)}\x1b[2KWARNING`),
      ],
      ...[stored('01O', `${up(2)}FIRST`), stored('01O', 'SECOND')],
    ]
    expect(shown(log.join(''))).toEqual(['FIRST', 'WARNING', 'SECOND'])
  })

  it('that is erased begins anew below: nothing that was shown is lost', () => {
    expect(shown('one\ntwo\n\x1b[H\x1b[2J\x1b[3Jthree\x1b[Hfour\n')).toEqual(['one', 'two', '', 'foure'])
  })

  it('ends 64 rows above its last one', () => {
    const lines = Array.from({ length: 200 }, (_, turn) => `line ${turn + 1}`)
    const rows = shown(`${lines.join('\n')}\x1b[999A\x1b[2K\rX`)
    expect(rows.indexOf('X')).toBe(200 - MOST_ROWS)
    expect(rows).toHaveLength(200)
  })

  it('keeps a state of bounded size, whatever moves', () => {
    const parser = new TraceParser()
    for (let turn = 0; turn < 3_000; turn++) parser.push(`text ${turn}\x1b[${turn % 70}A\x1b[${turn % 30};5Hx\x1b[J\n`)
    expect(JSON.stringify(parser.save().state).length).toBeLessThan(1_000)
  })
})
