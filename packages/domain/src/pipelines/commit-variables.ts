import { toStorable } from '@yardmaster/common'
import { type JobVariable, quoted } from '../jobs/predefined-variables.ts'
import type { Commit } from '../ports.ts'

/** Characters of a message that jobs are told: an environment can't have much longer texts. */
const LONGEST_MESSAGE = 32_768
/** Characters of a title that begins a description anew when it is exceeded, as in the reference. */
const LONGEST_TITLE = 100

/** Returns the first line of a message. */
const titleOf = (message: string): string => message.trimStart().split(/[\r\n]/, 1)[0] ?? ''

/** Characters of a title that are stored with a pipeline. */
const LONGEST_STORED = 255

/** Returns the first line of a message as it can be stored and shown on one line; null when it is empty. */
export function storedTitle(message: string): string | null {
  const title = [...toStorable(titleOf(message))].slice(0, LONGEST_STORED).join('').trim()
  return title === '' ? null : title
}

/**
 * Returns what jobs are told of their commit. Outsiders choose these texts, so nothing in them is expanded.
 *
 * @see `docs/pipelines.md 2`
 */
export function commitVariables({ message, author, committedAt }: Commit): JobVariable[] {
  const text = [...message].slice(0, LONGEST_MESSAGE).join('')
  const title = titleOf(text)
  const newline = text.indexOf('\n')
  const body = newline < 0 ? '' : text.slice(newline + 1).replace(/\n$/, '')
  return [
    quoted('CI_COMMIT_MESSAGE', text),
    quoted('CI_COMMIT_TITLE', title),
    quoted('CI_COMMIT_DESCRIPTION', title.length >= LONGEST_TITLE ? text : body),
    quoted('CI_COMMIT_AUTHOR', `${author.name} <${author.email}>`),
    quoted('CI_COMMIT_TIMESTAMP', committedAt),
  ]
}
