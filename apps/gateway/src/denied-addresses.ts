import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ReturnType<typeof ipaddr.process>

/** Whether nothing may be sent to an address. */
export type IsDenied = (address: string) => boolean

/** Where clouds tell a machine its secrets, and the networks of a link, on which only machines are. */
export const LINK_LOCAL_AND_METADATA: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
]

/**
 * By networks in CIDR notation. An IPv4 address is looked for in its IPv6 clothes too: mapped, translated (NAT64), or
 * tunnelled (6to4). What is no address at all is denied.
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

/** First bits of IPv6 addresses that stand for an IPv4 one, and where in them it is. */
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

/** Whether the host of an address is a literal IP, brackets taken off: a name has to be resolved first. */
export const literalHost = (hostname: string): string | null => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return isIP(bare) === 0 ? null : bare
}
