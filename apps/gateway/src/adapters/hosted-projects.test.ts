import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HostedProjects } from './hosted-projects.ts'

const SHA = 'a'.repeat(40)
const FILES: Readonly<Record<string, string>> = { 'ci/build.yml': 'build: { script: make }', 'ä b.yml': 'x' }

const asked: { url: string; token: unknown }[] = []

/** A server with the project `group/tools`, its branch `main` and the tag `1.2.0`. Everything else is unknown. */
function answer(req: IncomingMessage, res: ServerResponse): void {
  const url = String(req.url)
  asked.push({ url, token: req.headers['private-token'] })
  const [, project, rest = ''] = /^\/forge\/api\/v4\/projects\/([^/]+)\/?(.*)$/.exec(url) ?? []
  if (project === 'broken') return void res.writeHead(500).end()
  if (project === 'odd') return void res.end('<html>')
  if (project === 'moved') return void res.writeHead(302, { Location: '/forge/api/v4/projects/group%2Ftools' }).end()
  if (project !== 'group%2Ftools') return void res.writeHead(404).end('{}')
  const [, ref] = /^repository\/commits\/(.*)$/.exec(rest) ?? []
  if (ref !== undefined) {
    const isKnown = ['main', 'HEAD', '1.2.0', 'topic%2Fone'].includes(ref)
    return void res.writeHead(isKnown ? 200 : 404).end(JSON.stringify({ id: SHA, title: 'A commit' }))
  }
  const [, path] = /^repository\/files\/([^/]+)\/raw\?ref=a{40}$/.exec(rest) ?? []
  const text = path === undefined ? undefined : FILES[decodeURIComponent(path)]
  if (text !== undefined) return void res.end(text)
  res.writeHead(rest === '' ? 200 : 404).end('{}')
}

const server = createServer(answer)
let base = ''
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/forge`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const signal = () => new AbortController().signal

describe('a project of another server', () => {
  it('is found at its default branch, a branch, a tag, or a name with a slash', async () => {
    await using projects = new HostedProjects([{ base, token: null }])
    for (const ref of [null, 'main', '1.2.0', 'topic/one']) {
      expect(await projects.project('group/tools', ref, signal())).toEqual({ base, project: 'group/tools', sha: SHA })
    }
  })

  it.each([
    ['group/tools', 'gone', 'no-ref'],
    ['group/other', null, 'denied'],
    ['broken', null, 'unreachable'],
    ['odd', null, 'unreachable'],
    ['moved', null, 'unreachable'],
  ])('%s at %s is refused: %s or not there', async (path, ref, refusal) => {
    await using projects = new HostedProjects([{ base, token: null }])
    expect(await projects.project(path, ref, signal())).toBe(refusal)
  })

  it('is looked for on each server in turn', async () => {
    const silent = 'http://127.0.0.1:8099'
    await using projects = new HostedProjects([
      { base: silent, token: null },
      { base, token: null },
    ])
    expect(await projects.project('group/tools', null, signal())).toMatchObject({ base })
    expect(await projects.project('group/other', null, signal())).toBe('unreachable')
    await using none = new HostedProjects([])
    expect(await none.project('group/tools', null, signal())).toBe('unknown')
  })

  it('is read with the token of its server', async () => {
    await using projects = new HostedProjects([{ base, token: 'secret' }])
    asked.length = 0
    const found = await projects.project('group/tools', 'main', signal())
    if (typeof found === 'string') throw new Error(found)
    expect(await projects.read(found, 'ci/build.yml', signal())).toBe('build: { script: make }')
    expect(await projects.read(found, 'ä b.yml', signal())).toBe('x')
    expect(await projects.read(found, 'gone.yml', signal())).toBeNull()
    expect(new Set(asked.map(({ token }) => token))).toEqual(new Set(['secret']))
  })

  it('is the one of a component only at its own host', async () => {
    await using projects = new HostedProjects([{ base, token: null }])
    const component = { project: 'group/tools', name: 'build', version: '1.2.0' }
    const { host } = new URL(base)
    expect(await projects.component({ host, ...component }, signal())).toMatchObject({ sha: SHA })
    expect(await projects.component({ host: 'git.example', ...component }, signal())).toBe('unknown')
  })
})
