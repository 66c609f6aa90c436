import { describe, expect, it } from 'vitest'
import { LogPrinter } from './log-printer.ts'

const plain = { colours: false, timestamps: false }
const print = (text: string, options = plain): string => {
  const printer = new LogPrinter(options)
  return printer.push(text) + printer.end()
}

/** A line with a time stamp. */
const stamped = (second: number, stream: string, text: string, mark = ' ') =>
  `2024-05-14T11:43:${String(second).padStart(2, '0')}.000000Z ${stream}${mark}${text}`

describe('a printed log', () => {
  it('has no section marks, and no escape sequences without colours', () => {
    const text =
      'section_start:1:a\r\u001b[0K\u001b[31mhead\u001b[0m\n\u001b]0;title\u0007x\u0001y\nsection_end:2:a\r\u001b[0K\nlast'
    expect(print(text)).toBe('head\nxy\nlast\n')
    expect(print(text, { ...plain, colours: true })).toBe('\u001b[31mhead\u001b[0m\nxy\nlast\n')
  })

  it('prints a line again that changes after it was printed', () => {
    const printer = new LogPrinter(plain)
    const first = printer.push('pulling a\npulling b\n')
    const second = printer.push('\u001b[2A\u001b[2K\rpulled a\n\n')
    expect([first, second, printer.push('done\n'), printer.end()]).toEqual([
      'pulling a\npulling b\n',
      '\npulled a\n',
      'done\n',
      '',
    ])
  })

  it('keeps all colours that the log names', () => {
    const text = '\u001b[1;91;44mA\u001b[0;38;5;208;48;5;7mB\u001b[0;3;4;9;30mC\u001b[0mD\n'
    expect(print(text, { ...plain, colours: true })).toBe(
      '\u001b[1;91;44mA\u001b[0m\u001b[38;5;208;48;5;7mB\u001b[0m\u001b[3;4;9;30mC\u001b[0mD\n',
    )
  })

  it('is the same in pieces of any size, if nothing is looked at early', () => {
    const text = 'one\nsection_start:1:a\r\u001b[0K\u001b[1mtwo\u001b[0m\n10%\r20%\r\nthree é'
    for (let size = 1; size < text.length; size++) {
      const printer = new LogPrinter(plain)
      let printed = ''
      for (let at = 0; at < text.length; at += size) printed += printer.push(text.slice(at, at + size))
      expect(printed + printer.end()).toBe(print(text))
    }
  })

  it('has times on demand', () => {
    const text = `${stamped(1, '00O', 'one')}\n${stamped(2, '01O', 'two')}\n`
    expect(print(text)).toBe('one\ntwo\n')
    expect(print(text, { ...plain, timestamps: true })).toBe(
      '2024-05-14T11:43:01.000000Z one\n2024-05-14T11:43:02.000000Z two\n',
    )
  })

  it('goes on with an interrupted line in a line of its own, when that was printed', () => {
    const first = `${stamped(1, '01O', 'out a')}\n${stamped(2, '01E', 'err')}\n`
    const rest = `${stamped(3, '01O', ' and b', '+')}\n`
    expect(print(first + rest)).toBe('out a and b\nerr\n')
    const printer = new LogPrinter(plain)
    expect(printer.push(first) + printer.push(rest) + printer.end()).toBe('out a\n and b\nerr\n')
  })

  it('shows the last line before it is known to be over, and nothing of it twice', () => {
    const printer = new LogPrinter(plain)
    expect(printer.push(`${stamped(1, '01O', 'one')}\n`)).toBe('')
    expect(printer.peek()).toBe('one\n')
    expect(printer.peek()).toBe('')
    expect(printer.push(`${stamped(2, '01O', 'two')}\n`)).toBe('')
    expect(printer.peek()).toBe('two\n')
    expect(printer.push(`${stamped(3, '01O', ' more', '+')}\n`)).toBe('')
    expect(printer.end()).toBe(' more\n')
  })

  it('shows a line that is being written, and its last state when it was cleared', () => {
    const printer = new LogPrinter(plain)
    printer.push('tests: ')
    expect(printer.peek()).toBe('tests: ')
    printer.push('..')
    expect(printer.peek()).toBe('..')
    expect(printer.push('. ok\nnext')).toBe('. ok\n')
    expect(printer.peek()).toBe('next')
    expect(printer.push('\rother\n')).toBe('\nother\n')
    printer.push('end')
    expect(printer.peek()).toBe('end')
    expect(printer.end()).toBe('\n')
  })

  it('prints every character once, and no mark or stamp, wherever it is cut and looked at', () => {
    const plainLog = 'a\nbb\nsection_start:1:s\r\u001b[0Kcc\ndd ee\n\nsection_end:2:s\r\u001b[0K\nff'
    const stampedLog = [stamped(1, '01O', 'one'), stamped(2, '01O', 'two'), stamped(3, '01O', 'three')].join('\n')
    for (const text of [plainLog, `${stampedLog}\n`]) {
      for (let cut = 0; cut <= text.length; cut++) {
        const printer = new LogPrinter(plain)
        const printed = [
          ...[printer.push(text.slice(0, cut)), printer.peek(), printer.peek()],
          ...[printer.push(text.slice(cut)), printer.peek(), printer.end()],
        ]
        expect(printed.join(''), `cut at ${cut}`).toBe(print(text))
      }
    }
  })
})
