/** What an escape sequence asks of the cursor. Rows and columns are counted from 0. */
export type Move =
  /** By rows, downwards, and to a column, or in the same one. */
  | { readonly kind: 'rows'; readonly by: number; readonly column: number | null }
  | { readonly kind: 'columns'; readonly by: number }
  | { readonly kind: 'column'; readonly to: number }
  /** To a row counted from the top; null: to the same column. */
  | { readonly kind: 'row'; readonly to: number; readonly column: number | null }
  | { readonly kind: 'erase'; readonly of: 'line' | 'screen'; readonly part: 'right' | 'left' | 'all' }

const PARTS = ['right', 'left', 'all'] as const
/** Larger numbers are the same as this one. */
const MOST = 9_999

/** What most tools send behind each coloured text. */
const REST: Move = { kind: 'erase', of: 'line', part: 'right' }
const FINALS = 'ABCDEFGHJK`df'

/** Returns what `ESC [ <parameters> <final>` asks of the cursor; null when it is another sequence. */
export function moveOf(parameters: string, final: string): Move | null {
  if (final === 'K' && parameters === '') return REST
  if (!FINALS.includes(final) || !/^[0-9;]*$/.test(parameters)) return null
  const [first = '', second = ''] = parameters.split(';')
  // 0 and nothing both mean 1.
  const count = Math.max(1, numberOf(first))
  switch (final) {
    case 'A':
      return { kind: 'rows', by: -count, column: null }
    case 'B':
      return { kind: 'rows', by: count, column: null }
    case 'C':
      return { kind: 'columns', by: count }
    case 'D':
      return { kind: 'columns', by: -count }
    case 'E':
      return { kind: 'rows', by: count, column: 0 }
    case 'F':
      return { kind: 'rows', by: -count, column: 0 }
    case 'G':
    case '`':
      return { kind: 'column', to: count - 1 }
    case 'd':
      return { kind: 'row', to: count - 1, column: null }
    case 'H':
    case 'f':
      return { kind: 'row', to: count - 1, column: Math.max(1, numberOf(second)) - 1 }
    case 'J':
    case 'K': {
      const part = PARTS[numberOf(first)]
      return part ? { kind: 'erase', of: final === 'K' ? 'line' : 'screen', part } : null
    }
    default:
      return null
  }
}

const numberOf = (digits: string): number => Math.min(MOST, Number(digits))
