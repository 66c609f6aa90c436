import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { clientAddress, trustOnly, trustProxies } from './client-address.ts'

function request(peer: string | undefined, forwarded?: string): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  const req = new IncomingMessage(socket)
  if (forwarded !== undefined) req.headers['x-forwarded-for'] = forwarded
  return req
}
const address = (peer: string | undefined, forwarded?: string, networks: string[] = []) =>
  clientAddress(request(peer, forwarded), trustProxies(networks))

describe('the address that wrong sign-ins are counted by', () => {
  const counted = (peer: string, forwarded: string, networks: string[] = []) =>
    clientAddress(request(peer, forwarded), trustOnly(networks))

  it('is the one a configured proxy reports, and the peer’s own whatever a machine in a private range reports', () => {
    for (const peer of ['127.0.0.1', '10.0.0.9', '192.168.1.2', 'fd00::1', '203.0.113.9']) {
      expect(counted(peer, '198.51.100.1')).toBe(peer)
    }
    expect(counted('10.0.0.9', '198.51.100.1', ['10.0.0.0/24'])).toBe('198.51.100.1')
    expect(counted('10.0.0.9', '198.51.100.1, 10.7.7.7', ['10.0.0.0/24'])).toBe('10.7.7.7')
  })
})

describe('the address of a client', () => {
  it('is the peer’s without X-Forwarded-For', () => {
    expect(address('203.0.113.7')).toBe('203.0.113.7')
    expect(address('127.0.0.1')).toBe('127.0.0.1')
    expect(address('2001:db8::1')).toBe('2001:db8::1')
  })

  it('is IPv4 when it is mapped into IPv6', () => {
    expect(address('::ffff:127.0.0.1')).toBe('127.0.0.1')
    expect(address('::ffff:10.0.0.1', '::ffff:123.222.123.222')).toBe('123.222.123.222')
  })

  it('is the right-most one that is not a trusted proxy', () => {
    expect(address('127.0.0.1', '123.222.123.222, 127.0.0.1')).toBe('123.222.123.222')
    expect(address('127.0.0.1', '1.1.1.1, 123.222.123.222, 10.1.2.3,192.168.0.9, 172.31.255.1, fd00::1, ::1')).toBe(
      '123.222.123.222',
    )
    expect(address('::1', '2001:db8::5')).toBe('2001:db8::5')
  })

  it('is the peer’s when every hop is trusted or unreadable', () => {
    expect(address('10.0.0.1', '127.0.0.1, 192.168.1.1')).toBe('10.0.0.1')
    expect(address('10.0.0.1', 'unknown, _hidden')).toBe('10.0.0.1')
    expect(address('10.0.0.1', '')).toBe('10.0.0.1')
  })

  it('skips further configured proxies', () => {
    expect(address('127.0.0.1', '123.222.123.222, 203.0.113.9', ['203.0.113.0/24'])).toBe('123.222.123.222')
    expect(address('2001:db8::1', '123.222.123.222', ['2001:db8::/32'])).toBe('123.222.123.222')
  })

  it('is the peer’s when the peer is not trusted, whatever it claims', () => {
    expect(address('203.0.113.9', '123.222.123.222')).toBe('203.0.113.9')
  })

  it('does not trust addresses just outside the private ranges', () => {
    for (const outside of ['172.15.0.1', '172.32.0.1', '192.169.0.1', '11.0.0.1', 'fe80::1', '128.0.0.1']) {
      expect(address('127.0.0.1', `8.8.8.8, ${outside}`)).toBe(outside)
    }
  })

  it('excludes the port that some proxies add', () => {
    expect(address('127.0.0.1', '123.222.123.222:51234')).toBe('123.222.123.222')
    expect(address('127.0.0.1', '[2001:db8::5]:443')).toBe('2001:db8::5')
  })

  it('is unknown when the connection is gone', () => {
    expect(address(undefined, '123.222.123.222')).toBeNull()
  })
})
