import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.process>

/** Returns whether an address belongs to a proxy that may name its client. */
export type TrustedProxies = (address: Address) => boolean

const ALWAYS_TRUSTED = ['127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

/** The prefix of a peer's IPv4 address on a socket that accepts IPv4 and IPv6. */
const MAPPED = '::ffff:'

/** @param networks - in CIDR notation, besides loopback and the private ranges. @see `docs/protocol/common.md 9.1` */
export const trustProxies = (networks: readonly string[] = []): TrustedProxies =>
  trustOnly([...ALWAYS_TRUSTED, ...networks])

/** @param networks - in CIDR notation. For decisions by address, machines in private ranges are not trusted. */
export function trustOnly(networks: readonly string[]): TrustedProxies {
  const ranges = networks.map((network) => ipaddr.parseCIDR(network))
  return (address) => ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
}

/**
 * Returns the address a request came from: the right-most of `X-Forwarded-For` that isn't a trusted proxy, else the
 * peer's. A peer that isn't trusted itself is the client, whatever it claims. Null when the connection is already gone.
 */
export function clientAddress(req: IncomingMessage, isTrusted: TrustedProxies): string | null {
  const remote = req.socket.remoteAddress
  if (remote === undefined) return null
  const forwarded = req.headers['x-forwarded-for']
  // Every poll comes here; without a proxy nothing has to be parsed.
  if (forwarded === undefined) return remote.startsWith(MAPPED) ? remote.slice(MAPPED.length) : remote
  const peer = parsed(remote)
  if (peer === null) return remote
  if (!isTrusted(peer)) return peer.toString()

  const hops = (Array.isArray(forwarded) ? forwarded.join(',') : forwarded).split(',')
  for (const hop of hops.reverse()) {
    const address = parsed(withoutPort(hop.trim()))
    if (address !== null && !isTrusted(address)) return address.toString()
  }
  return peer.toString()
}

/** IPv4-mapped IPv6 addresses become IPv4. */
const parsed = (text: string): Address | null => (ipaddr.isValid(text) ? ipaddr.process(text) : null)

/** Some proxies write `203.0.113.7:51234` or `[2001:db8::1]:51234`. */
const withoutPort = (hop: string): string => /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? hop.replace(/^([\d.]+):\d+$/, '$1')
