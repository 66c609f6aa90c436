import type { lookup } from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { guardedAgent } from './adapters/guarded-agent.ts'
import { HttpRequestSender } from './adapters/http-request-sender.ts'
import { denyAddresses, LINK_LOCAL_AND_METADATA } from './denied-addresses.ts'

describe('the addresses that are denied to webhooks by default', () => {
  const isDenied = denyAddresses(LINK_LOCAL_AND_METADATA)

  it.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'no address',
    '',
  ])('include %j', (address) => expect(isDenied(address)).toBe(true))

  it.each(['127.0.0.1', '::1', '10.0.0.1', '192.168.1.1', '203.0.113.7', '2001:db8::1', '::ffff:10.0.0.1', 'fec0::1'])(
    'do not include %s',
    (address) => expect(isDenied(address)).toBe(false),
  )
})

describe('a webhook’s request', () => {
  const send = (sender: HttpRequestSender, url: string) => sender.send({ url, headers: {}, body: '{}' })

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://user:secret@169.254.169.254:8099/?key=secret',
  ])('to %s is refused as forbidden, without showing secrets', async (url) => {
    await using sender = new HttpRequestSender({ timeoutMs: 5000 })
    await expect(send(sender, url)).rejects.toThrow(/^requests may not go to .*: WEBHOOK_DENY forbids this address$/)
    await expect(send(sender, url)).rejects.not.toThrow('secret')
  })

  it('is refused for further denied networks', async () => {
    await using sender = new HttpRequestSender({ denied: ['127.0.0.0/8', '::1/128'] })
    await expect(send(sender, 'http://127.0.0.1:8099/')).rejects.toThrow('WEBHOOK_DENY')
    await expect(send(sender, 'http://localhost:8099/')).rejects.toThrow(/localhost \(.*\): WEBHOOK_DENY/)
  })
})

describe('a name', () => {
  type Answers = readonly { address: string; family: number }[]

  /** Requests `http://name.example`, which resolves to these addresses. */
  async function ask(answers: Answers, denied: readonly string[]): Promise<string> {
    const server = createServer((_req, res) => res.end('there'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const resolve = ((_name: string, _options: unknown, found: (error: null, all: Answers) => void) =>
      found(null, answers)) as unknown as typeof lookup
    const agent = guardedAgent(denyAddresses(denied), { resolve })
    try {
      const { port } = server.address() as AddressInfo
      const { body } = await agent.request({ origin: `http://name.example:${port}`, path: '/', method: 'GET' })
      return await body.text()
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      await agent.destroy()
      server.close()
    }
  }

  const here = { address: '127.0.0.1', family: 4 }
  const metadata = { address: '169.254.169.254', family: 4 }

  it('is checked by its addresses, and connected to at an allowed one', async () => {
    expect(await ask([here], LINK_LOCAL_AND_METADATA)).toBe('there')
    expect(await ask([metadata, here], LINK_LOCAL_AND_METADATA)).toBe('there')
    expect(await ask([metadata], LINK_LOCAL_AND_METADATA)).toContain('name.example (169.254.169.254)')
    expect(await ask([here], ['127.0.0.0/8'])).toContain('nothing may be sent to name.example')
  })
})
