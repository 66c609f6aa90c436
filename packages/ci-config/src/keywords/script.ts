import { type Found, isList, refuse, text } from './reading.ts'

/** YAML anchors produce nested arrays; the reference flattens this many levels. */
const MAX_NESTING = 10
const MAX_LINES = 10_000

/** Reads the lines of a script: text or an array of text, with nested arrays flattened. */
export function script(found: Found): string[] {
  const lines = isList(found) ? [...flat(found, 0)] : [text(found, 'text or an array of text')]
  if (lines.length > MAX_LINES) refuse(found.at, `found ${lines.length} lines; allowed: at most ${MAX_LINES}`)
  return lines
}

function* flat({ at, value }: Found, level: number): Generator<string> {
  if (level > MAX_NESTING) refuse(at, `found more than ${MAX_NESTING} levels of nested arrays`)
  for (const [index, item] of (value as unknown[]).entries()) {
    const line = { at: `${at}[${index}]`, value: item }
    if (isList(line)) yield* flat(line, level + 1)
    else yield text(line, 'text or an array of text')
  }
}
