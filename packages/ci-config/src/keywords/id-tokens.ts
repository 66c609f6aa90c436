import type { StoredForm, StoredKey } from '@yardmaster/common'
import { entries, type Found, isList, list, members, refuse, required, text } from './reading.ts'
import { variableKey } from './variables.ts'

/** A token with which a job proves to other services what it is. */
export interface IdToken {
  /** The name of the variable that has it. */
  readonly name: string
  /** The services that it is for, before variables are put in. */
  readonly aud: string | readonly string[]
  /**
   * The path of the project that it names in place of the job's; null for the job's. A job for a merge request from a
   * fork must not pass for one of the project that it runs in.
   */
  readonly sourceProject: string | null
}

const ID_TOKEN: StoredForm<IdToken> = {
  name: { since: 2, absent: '' },
  aud: { since: 2, absent: '' },
  sourceProject: { since: 2, absent: null },
}

export const STORED_ID_TOKENS: StoredKey<readonly IdToken[]> = { since: 2, absent: [], parts: ID_TOKEN }

/** Each costs a signature when the job is handed to a runner. */
const MOST_TOKENS = 20
const MOST_SERVICES = 50
const MOST_CHARACTERS = 4_096

/** Reads `id_tokens`: names of variables, and for each the services that the token is for. */
export function idTokens(found: Found): IdToken[] {
  const tokens = entries(found, 'an object of variable names and tokens')
  if (tokens.length > MOST_TOKENS) refuse(found.at, `found ${tokens.length} tokens; allowed: at most ${MOST_TOKENS}`)
  return tokens.map(([key, token]) => ({
    name: variableKey(token.at, key),
    aud: required(members(token, ['aud']).aud, `${token.at}.aud`, services),
    sourceProject: null,
  }))
}

const services = (found: Found): string | string[] =>
  isList(found) ? list(found, service, { least: 1, most: MOST_SERVICES }) : service(found)

function service(found: Found): string {
  const name = text(found)
  if (name.length > MOST_CHARACTERS) refuse(found.at, `found more than ${MOST_CHARACTERS} characters`)
  return name
}
