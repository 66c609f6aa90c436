import { checked } from '../answers.ts'
import { openClient } from '../client.ts'
import { contextsFile, readContexts, withContext, withoutContext, writeContexts } from '../contexts.ts'
import { localFailure } from '../failure.ts'
import { isReadable, isToken, normalUrl } from '../target.ts'
import type { Tools } from '../tools.ts'

export interface LoginOptions {
  /** The token; `-` to read it from standard input. */
  readonly token?: string
  /** What the context is called; by default after the server. */
  readonly name?: string
}

/** Bytes of standard input in which a token has to be. */
const LONGEST_TOKEN = 4_096

/** `login`: checks a token, and keeps it as a context. */
export async function login(tools: Tools, given: string | undefined, options: LoginOptions): Promise<void> {
  const { environment, terminal, timeoutMs, signal } = tools
  const file = contextsFile(environment.configHome)
  // Fails before a token is asked for.
  const contexts = readContexts(file)
  const address = given ?? environment.url ?? contexts.contexts.find(({ name }) => name === contexts.current)?.url
  if (!address) throw localFailure('Which server?', 'yardmaster login https://ci.example.com')
  const url = normalUrl(address)
  if (isReadable(url)) terminal.say(`${url} is not encrypted: the token can be read on the way there.`)
  const token = await tokenFrom(tools, options.token ?? environment.token, url)
  const connection = { url, token, timeoutMs, signal }
  const { version } = checked(await openClient(connection).settings.limits.query(), { version: 'string' })
  const known = contexts.contexts.find((context) => context.url === url)?.name
  const name =
    options.name ??
    known ??
    freeName(
      new URL(url).host,
      contexts.contexts.map((context) => context.name),
    )
  writeContexts(file, withContext(contexts, { name, url, token }))
  terminal.say(`Logged in to ${url} (Yardmaster ${version}) as the context ${name}.`)
}

async function tokenFrom({ terminal }: Tools, given: string | null, url: string): Promise<string> {
  const token = (
    given === '-' ? await readToken() : (given ?? (await (await import('../prompts.ts')).askToken(terminal, url)))
  ).trim()
  if (!isToken(token)) {
    throw localFailure(
      'That is not a token: it is empty, or has characters that no token has.',
      `yardmaster login ${url}`,
    )
  }
  return token
}

async function readToken(): Promise<string> {
  let text = ''
  for await (const piece of process.stdin.setEncoding('utf8')) {
    text += piece
    if (text.length > LONGEST_TOKEN) throw localFailure('Standard input is longer than any token.')
  }
  return text
}

/** Two installations may share a host, below different paths. */
function freeName(host: string, taken: readonly string[]): string {
  if (!taken.includes(host)) return host
  for (let number = 2; ; number++) if (!taken.includes(`${host}-${number}`)) return `${host}-${number}`
}

/** `logout`: forgets the token of a context. */
export function logout({ environment, terminal, context }: Tools): void {
  const file = contextsFile(environment.configHome)
  const contexts = readContexts(file)
  const name = context ?? contexts.current
  if (name === null || !contexts.contexts.some((each) => each.name === name)) {
    throw localFailure(
      name === null ? 'No context is in use.' : `There is no context ${name}.`,
      'yardmaster context list',
    )
  }
  writeContexts(file, withoutContext(contexts, name))
  terminal.say(`The context ${name} is removed from this machine. The token stays valid on the server.`)
}
