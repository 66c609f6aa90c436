/** A text that would become too long. */
export class TooLongError extends Error {}

/** What the reference takes for a command in a text that it puts in. */
const COMMAND = /\\([\d&'`\\])/g

/**
 * Replaces a block everywhere. Backslashes in the text that is put in mean what they mean to Ruby's `gsub`, because the
 * reference relies on it: of `\\` one stays, `\'` is what follows the block, and `\1` is nothing.
 *
 * @param longest - characters that the result may have.
 * @throws TooLongError when it would have more, or when the replacement would be read too often.
 */
export function replaceBlock(text: string, block: string, replacement: string, longest: number): string {
  const pieces: string[] = []
  let length = 0
  let read = 0
  const push = (piece: string): void => {
    length += piece.length
    if (length > longest) throw new TooLongError()
    pieces.push(piece)
  }
  const hasCommands = replacement.includes('\\')
  let from = 0
  for (let at = text.indexOf(block); at >= 0; at = text.indexOf(block, from)) {
    push(text.slice(from, at))
    from = at + block.length
    read += replacement.length
    if (read > 10 * longest) throw new TooLongError()
    if (hasCommands) pushObeyed(replacement, { before: text.slice(0, at), block, after: text.slice(from) }, push)
    else push(replacement)
  }
  push(text.slice(from))
  return pieces.join('')
}

interface Match {
  readonly before: string
  readonly block: string
  readonly after: string
}

function pushObeyed(replacement: string, match: Match, push: (piece: string) => void): void {
  let from = 0
  for (const found of replacement.matchAll(COMMAND)) {
    push(replacement.slice(from, found.index))
    push(meaningOf(found[1] as string, match))
    from = found.index + found[0].length
  }
  push(replacement.slice(from))
}

function meaningOf(command: string, { before, block, after }: Match): string {
  switch (command) {
    case '\\':
      return '\\'
    case "'":
      return after
    case '`':
      return before
    default:
      return command === '0' || command === '&' ? block : ''
  }
}
