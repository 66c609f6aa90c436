import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.process>

/** Returns whether sending to an address is denied. */
export type IsDenied = (address: string) => boolean

/** Addresses of the metadata services of clouds, which hand out secrets, and link-local networks. */
export const LINK_LOCAL_AND_METADATA: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
]

/** Link-local networks and metadata services, and all other networks that are not public. */
export const NOT_PUBLIC: readonly string[] = [
  ...LINK_LOCAL_AND_METADATA,
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  'fc00::/7',
  'fec0::/10',
  'ff00::/8',
]

/**
 * Denies the given networks in CIDR notation. Also finds IPv4 addresses embedded in IPv6 ones: mapped, translated
 * (NAT64) or tunnelled (6to4). Denies everything that is not an address.
 */
export function denyAddresses(networks: readonly string[]): IsDenied {
  const ranges = networks.map((network) => ipaddr.parseCIDR(network))
  const isIn = (address: Address) =>
    ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))
  return (text) => {
    if (!ipaddr.isValid(text)) return true
    const address = ipaddr.process(text)
    const inside = embedded(address)
    return isIn(address) || (inside !== null && isIn(inside))
  }
}

/** Prefixes of IPv6 addresses that embed an IPv4 one, and the offset of its first byte. */
const EMBEDDING = [
  [ipaddr.parseCIDR('::/96'), 12],
  [ipaddr.parseCIDR('::ffff:0:0:0/96'), 12],
  [ipaddr.parseCIDR('64:ff9b::/96'), 12],
  [ipaddr.parseCIDR('64:ff9b:1::/48'), 12],
  [ipaddr.parseCIDR('2002::/16'), 2],
] as const

function embedded(address: Address): Address | null {
  if (address.kind() !== 'ipv6') return null
  for (const [[base, bits], at] of EMBEDDING) {
    if (address.match(base, bits)) return ipaddr.fromByteArray(address.toByteArray().slice(at, at + 4)) as Address
  }
  return null
}

/** Returns the host as an IP address without brackets; null for a name, which has to be resolved first. */
export const literalHost = (hostname: string): string | null => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? null : bare
}
