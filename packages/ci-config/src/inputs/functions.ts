import { type KnownVariables, replaceReferences } from '../includes/known-variables.ts'
import { List, type Place, type Value } from '../yaml/tree.ts'

/** What a function gives, or what is wrong. */
type Applied = { readonly value: Value } | { readonly error: string }

interface Surroundings {
  readonly variables: KnownVariables
  readonly place: Place
}

interface InputFunction {
  readonly name: string
  /** How a call looks; what it captures are the arguments. */
  readonly pattern: RegExp
  apply(text: string, given: readonly string[], surroundings: Surroundings): Applied
}

const FUNCTIONS: readonly InputFunction[] = [
  {
    name: 'truncate',
    pattern: /^truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)?$/,
    apply: (text, [offset, length]) => {
      const start = Number(offset)
      return { value: [...text].slice(start, start + Number(length)).join('') }
    },
  },
  {
    name: 'expand_vars',
    pattern: /^expand_vars$/,
    apply: (text, _, { variables }) => expandVariables(text, variables),
  },
  { name: 'posix_escape', pattern: /^posix_escape$/, apply: (text) => ({ value: escapeForShell(text) }) },
  { name: 'posix_quote', pattern: /^posix_quote$/, apply: (text) => ({ value: escapeForShell(text) }) },
  {
    name: 'split',
    pattern: /^split\(\s*(?:'([^']+)'|"([^"]+)")\s*\)$/,
    apply: (text, [single, double], { place }) => splitAt(text, single ?? double ?? '', place),
  },
]

/** A call like `truncate(0,3)`. */
export interface FunctionCall {
  readonly name: string
  apply(value: Value, surroundings: Surroundings): Applied
}

/** Returns the call that a text makes; null when no function is called like that. */
export function parseCall(text: string): FunctionCall | null {
  for (const { name, pattern, apply } of FUNCTIONS) {
    const found = pattern.exec(text)
    if (found === null) continue
    return {
      name,
      apply: (value, surroundings) =>
        typeof value === 'string'
          ? apply(value, found.slice(1), surroundings)
          : failed(name, `invalid input type: ${name} can only be used with string inputs`),
    }
  }
  return null
}

const failed = (name: string, what: string): Applied => ({ error: `error in \`${name}\` function: ${what}` })

function expandVariables(text: string, variables: KnownVariables): Applied {
  let isMasked = false
  const value = replaceReferences(text, (name, reference) => {
    const variable = variables.get(name)
    isMasked ||= variable?.masked === true
    return variable?.value ?? reference
  })
  return isMasked ? failed('expand_vars', 'variable expansion error: masked variables cannot be expanded') : { value }
}

/** Returns a text as one word of a POSIX shell. */
function escapeForShell(text: string): string {
  if (text === '') return "''"
  return text.replaceAll(/[^A-Za-z0-9_\-.,:+/@\n]/gu, '\\$&').replaceAll('\n', "'\n'")
}

/** Cuts a text into a list, without the blanks around each part and without empty parts. */
function splitAt(text: string, separator: string, place: Place): Applied {
  const parts = text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  return {
    value: new List(
      parts,
      parts.map(() => place),
    ),
  }
}
