import { once } from 'node:events'
import type { Environment } from './environment.ts'
import { oneLine, shorten } from './visible.ts'

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan'

const CODES: Readonly<Record<Paint, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
}

/** Where a verb writes. Data goes to standard output, talk to standard error. */
export interface Terminal {
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean
  /** Whether data is coloured. */
  readonly colours: boolean
  /** Whether the user can be asked. */
  readonly asks: boolean
  /** Writes data as it is. Resolves when more may be written. */
  out(text: string | Uint8Array): Promise<void>
  /** Says a sentence, unless the user wants quiet. Its text may come from a server. */
  say(sentence: string): void
  /** Shows how far something is, on a terminal alone and in place of the line before; null when it is over. */
  progress(sentence: string | null): void
  /** Says what went wrong, in any case. */
  complain(sentence: string): void
  /** Colours a text for standard output. */
  paint(text: string, paint: Paint): string
}

export interface TerminalOptions {
  readonly quiet: boolean
  readonly noInput: boolean
}

/** Opens the terminal of this process. */
export function openTerminal(
  { noColor, forceColor }: Pick<Environment, 'noColor' | 'forceColor'>,
  { quiet, noInput }: TerminalOptions,
): Terminal {
  const { stdin, stdout, stderr } = process
  const colours = !noColor && (forceColor || stdout.isTTY === true)
  let isShown = false
  const progress = (sentence: string | null): void => {
    if (sentence === null ? !isShown : quiet || stderr.isTTY !== true) return
    isShown = sentence !== null
    stderr.write(`\r\u001b[K${sentence === null ? '' : shorten(oneLine(sentence), (stderr.columns ?? 80) - 1)}`)
  }
  const complain = (sentence: string): void => {
    progress(null)
    stderr.write(`${sentence.split('\n').map(oneLine).join('\n')}\n`)
  }
  return {
    isTerminal: stdout.isTTY === true,
    colours,
    asks: !noInput && stdin.isTTY === true && stderr.isTTY === true,
    progress,
    async out(text) {
      progress(null)
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
    say(sentence) {
      if (!quiet) complain(sentence)
    },
    complain,
    paint: (text, paint) => (colours ? `\u001b[${CODES[paint]}m${text}\u001b[0m` : text),
  }
}
