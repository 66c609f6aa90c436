import { expandKnown } from '@yardmaster/ci-config'
import type { JobVariable } from './predefined-variables.ts'

/** Characters of a text with the references that were replaced. */
const LONGEST = 8_192

/**
 * Returns a function that replaces references in a text (`$NAME`, `${NAME}`, `%NAME%`) by the values of variables, the
 * last of a name counting. Unknown names become nothing, as in the reference. The function returns null for a text that
 * becomes too long.
 */
export function textExpander(variables: readonly JobVariable[]): (text: string) => string | null {
  const values = new Map(variables.map(({ key, value }) => [key, value]))
  return (text) => {
    let length = text.length
    const expanded = expandKnown(text, {
      get(key) {
        const value = values.get(key) ?? ''
        length += value.length
        return length > LONGEST ? '' : value
      },
    })
    return length > LONGEST ? null : expanded
  }
}
