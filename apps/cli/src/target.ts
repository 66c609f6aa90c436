import { type Context, contextsFile, readContexts } from './contexts.ts'
import type { Environment } from './environment.ts'
import { localFailure } from './failure.ts'

/** The server that a verb talks to. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string
  readonly token: string
  /** The context that it comes from; null for the environment. */
  readonly context: string | null
}

const LOGIN = 'yardmaster login URL'

/**
 * Returns an address as it is stored: `http` or `https`, without a slash at the end. `localhost:8080` is taken for
 * `http://localhost:8080`, other names without a scheme for `https`.
 *
 * @throws Failure when it is none.
 */
export function normalUrl(given: string): string {
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/.test(given)
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `${isLocal ? 'http' : 'https'}://${given}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw localFailure(`${given} is not an address of a server.`, 'yardmaster login https://ci.example.com')
  }
  if (url.username !== '' || url.password !== '') {
    throw localFailure('The address has a user or a password in it; Yardmaster takes a token.', LOGIN)
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Returns whether a token sent there can be read on the way. */
export const isReadable = (url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Returns whether a text can be a token: visible ASCII, which is all that a header takes. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

/**
 * Finds the server to talk to. The variables of the environment win over contexts; the token of a context is only ever
 * sent to the address of that context.
 *
 * @param wanted - the name of a context; null for the current one.
 * @throws Failure when there is none.
 */
export function findTarget({ url, token, configHome }: Environment, wanted: string | null): Target {
  if (token !== null && !isToken(token)) throw localFailure('YARDMASTER_TOKEN has characters that no token has.')
  if (url !== null && token !== null) return { url: normalUrl(url), token, context: null }
  const { current, contexts } = readContexts(contextsFile(configHome))
  if (url !== null) {
    const address = normalUrl(url)
    const fitting = contexts.filter((context) => context.url === address)
    const context = fitting.find(({ name }) => name === (wanted ?? current)) ?? fitting[0]
    if (context) return { url: address, token: context.token, context: context.name }
    throw localFailure(`YARDMASTER_URL is ${address}, and there is no token for it.`, 'Set YARDMASTER_TOKEN as well.')
  }
  const name = wanted ?? current
  const context = contexts.find((each) => each.name === name)
  if (context) return { url: context.url, token: token ?? context.token, context: context.name }
  throw noContext(name, contexts)
}

function noContext(name: string | null, contexts: readonly Context[]) {
  if (name !== null) return localFailure(`There is no context ${name}.`, 'yardmaster context list')
  if (contexts.length > 0) return localFailure('No context is in use.', 'yardmaster context use NAME')
  return localFailure('You are not logged in to any server.', LOGIN)
}
