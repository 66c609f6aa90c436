import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { keepToken } from './keep-token.ts'

const TOKEN = 'glcbt-64_secret'

interface Asking {
  /** Credentials in the repository's address. */
  readonly credentials?: string
  /** The requested path on the same host. */
  readonly path?: string
  /** Variables that the job already has. */
  readonly job?: Record<string, string>
  /** Omits the variables under test. */
  readonly unguarded?: boolean
}

/** Returns what Git sends to a host that asks for credentials when run as by a runner from 18.10 on. */
async function sent({ credentials, path = '/acme/lantern.git', job = {}, unguarded = false }: Asking = {}) {
  const heard: string[] = []
  const server = createServer((req, res) => {
    const [, given = ''] = (req.headers.authorization ?? '').split(' ')
    heard.push(Buffer.from(given, 'base64').toString())
    res.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const withCredentials = credentials === undefined ? host : `${credentials}@${host}`
  const home = await mkdtemp(join(tmpdir(), 'yardmaster-keep-token-'))
  try {
    // The runner's own rules: the repository with its credentials, and the whole host with the job's token.
    const rules = [
      [`http://${withCredentials}/acme/lantern.git`, `http://${host}/acme/lantern.git`],
      [`http://gitlab-ci-token:${TOKEN}@${host}`, `http://${host}`],
    ].slice(credentials === undefined ? 1 : 0)
    const config = join(home, 'config')
    await writeFile(config, rules.map(([to, from]) => `[url "${to}"]\n  insteadOf = ${from}\n`).join(''))

    const chosen = Object.entries(job).map(([key, value]) => ({ key, value }))
    const guards = unguarded ? [] : keepToken(`http://${withCredentials}/acme/lantern.git`, chosen)
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      GIT_CONFIG_GLOBAL: config,
      GIT_CONFIG_SYSTEM: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      ...Object.fromEntries([...chosen, ...guards].map(({ key, value }) => [key, value])),
    }
    const git = (...args: string[]) => promisify(execFile)('git', args, { env, cwd: home })
    await git('ls-remote', `http://${host}${path}`).catch(() => undefined)
    const { stdout } = await git('config', '--list')
    return { heard, settings: stdout.split('\n') }
  } finally {
    server.closeAllConnections()
    server.close()
    await rm(home, { recursive: true, force: true })
  }
}

describe('the token of a job', () => {
  it('would be sent to the host of its repository', async () => {
    const { heard } = await sent({ unguarded: true })
    expect(heard).toContain(`gitlab-ci-token:${TOKEN}`)
  })

  it.each(['/acme/lantern.git', '/acme/submodule.git'])('is not sent to that host for %s', async (path) => {
    const { heard } = await sent({ path })
    expect(heard.length).toBeGreaterThan(0)
    expect(heard.join()).not.toContain(TOKEN)
  })

  it('does not stop the repository’s own credentials', async () => {
    const { heard } = await sent({ credentials: 'deploy:s3cret' })
    expect(heard).toContain('deploy:s3cret')
    expect(heard.join()).not.toContain(TOKEN)
  })

  it('is withheld in addition to Git settings of the job', async () => {
    const job = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'A. Author' }
    const { heard, settings } = await sent({ job })
    expect(heard.join()).not.toContain(TOKEN)
    expect(settings).toContain('user.name=A. Author')
  })

  it.each(['', '-1', '10000', '$COUNT'])('does not change an invalid count of settings: %j', (value) => {
    expect(keepToken('https://git.example.org/a.git', [{ key: 'GIT_CONFIG_COUNT', value }])).toEqual([])
  })

  it('uses the host as it is written in the address', () => {
    const [, key, value] = keepToken('HTTPS://me@Git.Example.org:443/a.git', [])
    expect([key?.value, value?.value]).toEqual([
      'url.https://Git.Example.org:443/.insteadOf',
      'https://Git.Example.org:443/',
    ])
  })
})
