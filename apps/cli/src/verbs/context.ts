import { checked } from '../answers.ts'
import { type Context, contextsFile, readContexts, withoutContext, writeContexts } from '../contexts.ts'
import { localFailure } from '../failure.ts'
import { type Column, writeList, writeOne } from '../table.ts'
import type { ServerTools, Tools } from '../tools.ts'
import { oneLine } from '../visible.ts'

/** `context list`: tokens are never shown. */
export async function listContexts({ environment, terminal, output }: Tools): Promise<void> {
  const { current, contexts } = readContexts(contextsFile(environment.configHome))
  const rows = contexts.map(({ name, url }) => ({ name, url, current: name === current }))
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: 'IN USE', cell: (row) => (row.current ? '*' : '') },
    { title: 'NAME', cell: ({ name }) => name, paint: (row) => (row.current ? 'bold' : null) },
    { title: 'ADDRESS', cell: ({ url }) => url },
  ]
  await writeList(terminal, output, { rows, columns, name: ({ name }) => name })
  if (rows.length === 0) terminal.say('No contexts. Add one: yardmaster login URL')
  if (environment.url !== null) terminal.say('YARDMASTER_URL is set and wins over all contexts.')
}

/** `context use`. */
export function useContext({ environment, terminal }: Tools, name: string): void {
  const file = contextsFile(environment.configHome)
  const contexts = readContexts(file)
  const { url } = known(contexts.contexts, name)
  writeContexts(file, { ...contexts, current: name })
  terminal.say(`Verbs now talk to ${url}.`)
}

/** `context verify`: whether the server answers and accepts the token. */
export async function verifyContext({ client, target, terminal, output }: ServerTools): Promise<void> {
  const { version } = checked(await client.settings.limits.query(), { version: 'string' })
  const value = { context: target.context, url: target.url, version }
  await writeOne(terminal, output, {
    value,
    name: target.context ?? target.url,
    text: () => `${oneLine(target.url)} is Yardmaster ${oneLine(version)}, and accepts the token.\n`,
  })
}

/** `context remove`. */
export function removeContext({ environment, terminal }: Tools, name: string): void {
  const file = contextsFile(environment.configHome)
  const contexts = readContexts(file)
  known(contexts.contexts, name)
  writeContexts(file, withoutContext(contexts, name))
  terminal.say(`The context ${name} is removed from this machine. The token stays valid on the server.`)
}

function known(contexts: readonly Context[], name: string): Context {
  const found = contexts.find((context) => context.name === name)
  if (!found) throw localFailure(`There is no context ${name}.`, 'yardmaster context list')
  return found
}
