// Recognizes private, loopback and other non-public addresses.
import { BlockList, isIP } from 'node:net'

// IANA special-purpose registries: loopback, private, link-local (including cloud metadata), shared, test,
// multicast, reserved.
const IPV4: ReadonlyArray<readonly [network: string, prefix: number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
]
const IPV6: typeof IPV4 = [
  ['::', 96],
  // IPv4-translated (RFC 2765). The block list treats ::ffff/96 as plain IPv4, so only wider prefixes can be
  // listed.
  ['::ffff:0:0:0', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
]

const list = new BlockList()
for (const [network, prefix] of IPV4) list.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of IPV6) list.addSubnet(network, prefix, 'ipv6')

/** Link-local addresses: cloud metadata services and the local network segment. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')

/** Whether a host is written as a link-local address. Names return false. */
export function isLinkLocalHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, '')
  const family = isIP(bare)
  if (family === 0) return false
  if (family === 4) return linkLocal.check(bare, 'ipv4')
  const inner = embeddedIpv4(bare)
  return inner === null ? linkLocal.check(bare, 'ipv6') : linkLocal.check(inner, 'ipv4')
}

/** Whether a host is written as a private or loopback address. Names return false. */
export function isPrivateHost(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 && isPrivateAddress(hostname)
}

/**
 * True for every address that is not on the public internet, in any notation. Invalid addresses count as
 * private.
 */
export function isPrivateAddress(address: string): boolean {
  const bare = (address.split('%', 1)[0] ?? '').replace(/^\[|\]$/g, '')
  const family = isIP(bare)
  if (family === 0) return true
  if (family === 4) return list.check(bare, 'ipv4')
  const inner = embeddedIpv4(bare)
  return inner === null ? list.check(bare, 'ipv6') : list.check(inner, 'ipv4')
}

/** The IPv4 address inside a mapped (::ffff/96), NAT64 (64:ff9b::/96) or 6to4 (2002::/16) one. */
function embeddedIpv4(address: string): string | null {
  const groups = ipv6Groups(address)
  const prefix = groups.slice(0, 6).join(':')
  if (prefix === '0:0:0:0:0:ffff' || prefix === '64:ff9b:0:0:0:0') return dotted(groups[6], groups[7])
  return groups[0] === '2002' ? dotted(groups[1], groups[2]) : null
}

function ipv6Groups(address: string): string[] {
  // The URL parser normalizes every IPv6 address: hexadecimal, shortened.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  if (tail === undefined) return before
  return [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
}

function dotted(high: string | undefined, low: string | undefined): string {
  const value = (Number.parseInt(high ?? '0', 16) << 16) | Number.parseInt(low ?? '0', 16)
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}

/** Whether `host` or `host:port` is a private address as it stands, or this machine's name. */
export function isPrivateEntry(entry: string): boolean {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(entry)?.[1]
  const host = bracketed ?? (isIP(entry) === 6 ? entry : entry.replace(/:\d+$/, ''))
  return host.toLowerCase() === 'localhost' || isPrivateHost(host)
}
