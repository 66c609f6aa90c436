import { confirm, isCancel, password } from '@clack/prompts'
import { Interrupted, localFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'
import { oneLine } from './visible.ts'

/**
 * Asks whether to do something that cannot be undone.
 *
 * @param otherwise - the command that does it without asking.
 * @throws Failure when the user cannot be asked.
 */
export async function confirmed({ asks }: Terminal, question: string, otherwise: string): Promise<boolean> {
  if (!asks) throw localFailure('This needs a confirmation.', otherwise)
  const answer = await confirm({ message: oneLine(question), initialValue: false, output: process.stderr })
  if (isCancel(answer)) throw new Interrupted()
  return answer
}

/**
 * Asks for a token without showing it.
 *
 * @throws Failure when the user cannot be asked.
 */
export async function askToken({ asks }: Terminal, url: string): Promise<string> {
  if (!asks) {
    throw localFailure('There is nobody to ask for the token.', `yardmaster login ${url} --token - < FILE`)
  }
  const answer = await password({ message: `Token for ${oneLine(url)}`, output: process.stderr })
  if (isCancel(answer)) throw new Interrupted()
  return answer ?? ''
}
