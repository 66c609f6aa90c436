import { Float, type Scalar } from './tree.ts'

/** What no number, date or time begins with, so that only `~` and the words for null and booleans are left to tell. */
const TEXT = /^[^\d.:-]?[\p{Alphabetic}_\s!@#$%^&*(){}<>|/\\~;=]+/u
/** The longest word with a meaning is `false`. */
const LONGEST_WORD = 5

const DATE = /^\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)$/
const TIME = /^-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?$/
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}$/
const BASE_60_FLOAT = /^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}\.[\d_]*$/
const FLOAT = /^[-+]?(?:\d[\d_,]*)?\.\d*(?:[eE][+-]\d+)?$/
const BINARY = /^[-+]?0b[01_,]+$/
const OCTAL = /^[-+]?0[0-7_,]+$/
const DECIMAL = /^[-+]?(?:0|[1-9](?:\d|,\d|_\d)*)$/
const HEXADECIMAL = /^[-+]?0x[\da-fA-F_,]+$/

/**
 * Returns what a text without quotes means in YAML 1.1, read as Ruby's Psych reads it: the reference's own reader. Dates
 * and times stay texts (`isDate` tells them), and so does `:word`.
 */
export function plainScalar(text: string): Scalar {
  if (text === '') return null
  if (TEXT.test(text) || text.includes('\n')) return wordOrText(text)
  if (isDate(text)) return text
  if (/^[-+]?\.inf$/i.test(text)) return text.startsWith('+.') || text.startsWith('.') ? infinity(1) : signed(text)
  if (/^\.nan$/i.test(text)) return new Float(Number.NaN)
  if (/^:./.test(text)) return text
  if (BASE_60.test(text)) return base60(text)
  if (BASE_60_FLOAT.test(text)) return base60Float(text)
  if (FLOAT.test(text)) return /^[-+]?\.$/.test(text) ? text : float(text)
  return integer(text) ?? text
}

/** Whether a plain text would be a date or a time in YAML 1.1. */
export const isDate = (text: string): boolean => DATE.test(text) || TIME.test(text)

const infinity = (sign: number) => new Float(sign * Number.POSITIVE_INFINITY)
const signed = (text: string) => infinity(text.startsWith('-') ? -1 : 1)

function wordOrText(text: string): Scalar {
  if (text.length > LONGEST_WORD) return text
  if (text === '~' || /^null$/i.test(text)) return null
  if (/^(?:yes|true|on)$/i.test(text)) return true
  if (/^(?:no|false|off)$/i.test(text)) return false
  return text
}

/** The first part always counts 3,600, also where only two parts are given: `1:30` is an hour and a half. */
function base60(text: string): number {
  return text
    .split(':')
    .map((part, index) => Number.parseInt(part.replaceAll('_', ''), 10) * 60 ** Math.abs(index - 2))
    .reduce((sum, seconds) => sum + seconds, 0)
}

function base60Float(text: string): Float {
  const parts = text.split(':').map((part) => Number(part.replaceAll('_', '')))
  return new Float(parts.reverse().reduce((sum, part, index) => sum + part * 60 ** index, 0))
}

function float(text: string): Float {
  return new Float(Number(text.replaceAll(/[,_]/g, '').replace(/\.([Ee]|$)/, '$1')))
}

function integer(text: string): number | bigint | null {
  const negative = text.startsWith('-')
  const digits = text.replace(/^[-+]/, '').replaceAll(/[_,]/g, '')
  const found = BINARY.test(text)
    ? digits
    : OCTAL.test(text)
      ? `0o${digits}`
      : DECIMAL.test(text) || HEXADECIMAL.test(text)
        ? digits
        : null
  // `0_` and `0x_` have a form but no digits.
  if (found === null || /^0[box]?$/.test(found))
    return found === null ? null : found === '0' || found === '0o0' ? 0 : null
  const value = BigInt(found)
  const whole = negative ? -value : value
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole
}
