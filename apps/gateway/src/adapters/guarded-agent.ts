import { type LookupAddress, type LookupOptions, lookup } from 'node:dns'
import { Agent, buildConnector } from 'undici'
import { type IsDenied, literalHost } from '../denied-addresses.ts'

/** An address to which nothing may be sent. */
export class DeniedAddress extends Error {
  /** The host, and the addresses that it stands for. */
  readonly where: string

  constructor(host: string, addresses: readonly string[]) {
    const where = addresses.length === 1 && addresses[0] === host ? host : `${host} (${addresses.join(', ')})`
    super(`nothing may be sent to ${where}`)
    this.where = where
  }
}

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/**
 * Returns an agent that connects only to addresses that are not denied. It checks the address of the connection, not of
 * the name: a name may resolve differently between two look-ups.
 *
 * @param timeout - milliseconds until a connection is given up.
 * @param resolve - looks up names like `dns.lookup`.
 */
export function guardedAgent(
  isDenied: IsDenied,
  { timeout, resolve = lookup }: { timeout?: number; resolve?: typeof lookup } = {},
): Agent {
  const lookupAllowed = (hostname: string, options: LookupOptions, found: Found): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return found(error, [])
      const allowed = addresses.filter(({ address }) => !isDenied(address))
      const [first] = allowed
      if (!first)
        return found(
          new DeniedAddress(
            hostname,
            addresses.map(({ address }) => address),
          ),
          [],
        )
      if (options.all) return found(null, allowed)
      found(null, first.address, first.family)
    })
  }
  const connect = buildConnector({ lookup: lookupAllowed, ...(timeout === undefined ? {} : { timeout }) })
  return new Agent({
    connect(options, connected) {
      // A literal address is never looked up.
      const literal = literalHost(options.hostname)
      if (literal !== null && isDenied(literal)) return connected(new DeniedAddress(literal, [literal]), null)
      connect(options, connected)
    },
  })
}
