import type { RefChange } from '@yardmaster/domain/ports'
import { type LineReader, MalformedLines } from './pkt-lines.ts'

export interface PushRequest {
  readonly commands: readonly RefChange[]
  readonly capabilities: ReadonlySet<string>
  readonly options: readonly string[]
  /** Why nothing of it can be taken, as a sentence; null when it may be. */
  readonly refusal: string | null
}

const MOST_COMMANDS = 1_000
const MOST_OPTIONS = 100
/** The name of a ref has at most a KiB. */
const COMMAND = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.{1,1024})$/s
const NONE = '0'.repeat(40)

/**
 * Reads what comes before the pack of a push.
 *
 * @throws MalformedLines for what no client of git sends.
 */
export async function readPushRequest(reader: LineReader): Promise<PushRequest> {
  const commands: RefChange[] = []
  let capabilities = new Set<string>()
  let refusal: string | null = null
  for (let line = await reader.line(); line !== null; line = await reader.line()) {
    if (line === undefined) throw new MalformedLines('the body ends within the commands')
    const text = line.toString('utf8').replace(/\n$/, '')
    const [command = '', offered] = text.split('\0')
    if (command.startsWith('shallow ')) {
      refusal = 'a shallow clone cannot be pushed: fetch the rest first, by git fetch --unshallow'
      continue
    }
    if (commands.length === 0) capabilities = new Set((offered ?? '').split(' ').filter((one) => one !== ''))
    const [, from = '', to = '', name = ''] = COMMAND.exec(command) ?? []
    if (name === '') throw new MalformedLines('a command is not a change of a ref')
    if (commands.length >= MOST_COMMANDS) throw new MalformedLines(`more than ${MOST_COMMANDS} refs are pushed at once`)
    commands.push({ name, from: from === NONE ? null : from, to: to === NONE ? null : to })
  }
  const options: string[] = []
  if (capabilities.has('push-options')) {
    for (let line = await reader.line(); line !== null; line = await reader.line()) {
      if (line === undefined) throw new MalformedLines('the body ends within the push options')
      if (options.length >= MOST_OPTIONS) throw new MalformedLines(`more than ${MOST_OPTIONS} push options are given`)
      options.push(line.toString('utf8').replace(/\n$/, ''))
    }
  }
  return { commands, capabilities, options, refusal }
}
