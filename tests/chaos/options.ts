import { parseArgs } from 'node:util'

/** The two storage forms: a single process by itself, or several on PostgreSQL, Redis and S3. */
const FORMS = ['embedded', 'servers'] as const
export type Form = (typeof FORMS)[number]

export interface Options {
  /** How long faults are injected, without the start, the last comparison and the clean-up. */
  readonly minutes: number
  /** Determines the order of faults, and what each job does. */
  readonly seed: number
  /** The forms to run side by side. */
  readonly forms: readonly Form[]
}

const USAGE = 'Usage: npm run chaos -- [--minutes M] [--seed S] [--storage embedded|servers]'
const LONGEST_MINUTES = 24 * 60

/** @throws Error whose message names the argument and the allowed values. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, storage: { type: 'string' } },
  })
  const minutes = Number(values.minutes ?? 5)
  if (!(minutes > 0 && minutes <= LONGEST_MINUTES)) {
    throw new Error(`--minutes ${values.minutes}: a number above 0, at most ${LONGEST_MINUTES}.\n${USAGE}`)
  }
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`--seed ${values.seed}: a whole number.\n${USAGE}`)
  const forms = FORMS.filter((form) => values.storage === undefined || values.storage === form)
  if (forms.length === 0) throw new Error(`--storage ${values.storage}: ${FORMS.join(' or ')}.\n${USAGE}`)
  return { minutes, seed, forms }
}
