import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'

/** Answers a request instead of git; returns false to let git answer. */
type Interception = (req: IncomingMessage, res: ServerResponse) => boolean

/** A server of git over HTTP, on loopback, with one repository, `repository.git`. */
export interface GitServer extends AsyncDisposable {
  /** The address of the repository, without credentials. */
  readonly address: string
  /** The repository on the disk, a bare one. */
  readonly dir: string
  readonly requests: readonly { readonly method: string; readonly url: string; readonly authorization: string | null }[]
  /** Runs git in the repository with the settings of tests, and returns what it writes. */
  git(args: readonly string[], input?: string | Uint8Array): Promise<string>
  /**
   * Adds a commit with these files to a branch, and removes those that are null. Returns its id.
   *
   * @param about - its branch, `main` unless it is said; its parent, unless that is the head of the branch.
   */
  commit(
    files: Readonly<Record<string, string | Uint8Array | null>>,
    about?: { message?: string; branch?: string; parent?: string | null },
  ): Promise<string>
  /** Demands a login from now on; null: none. */
  demand(login: { username: string; password: string } | null): void
  /** Answers by this function from now on; null: by git. */
  intercept(interception: Interception | null): void
  /** Answers no request until the returned function is called. */
  hold(): () => void
}

const AUTHOR = { GIT_AUTHOR_NAME: 'Ada Byron', GIT_AUTHOR_EMAIL: 'ada@example.com' }
const COMMITTER = { GIT_COMMITTER_NAME: 'Ada Byron', GIT_COMMITTER_EMAIL: 'ada@example.com' }
const WHEN = '2026-03-01T12:00:00+01:00'

const environment = (dir: string) => ({
  ...{ PATH: process.env.PATH, HOME: dir, LC_ALL: 'C', GIT_DIR: dir },
  ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  ...{ ...AUTHOR, ...COMMITTER, GIT_AUTHOR_DATE: WHEN, GIT_COMMITTER_DATE: WHEN },
})

/** Starts a server with an empty repository. Everything goes when it is disposed. */
export async function startGitServer(): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'yardmaster-git-'))
  const dir = join(root, 'repository.git')
  const git: GitServer['git'] = async (args, input) => await run(args, environment(dir), input)
  await git(['init', '--bare', '--quiet', '--initial-branch=main', dir])
  await git(['config', 'uploadpack.allowFilter', 'true'])
  await git(['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  const requests: { method: string; url: string; authorization: string | null }[] = []
  let demanded: string | null = null
  let interception: Interception | null = null
  let held: (() => void)[] | null = null
  const answer = (req: IncomingMessage, res: ServerResponse) => {
    const { headers } = req
    if (interception?.(req, res)) return
    if (demanded !== null && headers.authorization !== demanded) {
      res.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end()
      return
    }
    serve(root, req, res)
  }
  const server = createServer((req, res) => {
    const { method = '', url = '', headers } = req
    requests.push({ method, url, authorization: headers.authorization ?? null })
    if (held) held.push(() => answer(req, res))
    else answer(req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let count = 0
  return {
    address: `http://127.0.0.1:${port}/repository.git`,
    ...{ dir, requests, git },
    async commit(files, { message = 'A change', branch = 'main', parent } = {}) {
      const index = { ...environment(dir), GIT_INDEX_FILE: join(root, `index-${count++}`) }
      const head = await run(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`], index).catch(() => '')
      const before = parent === undefined ? head.trim() || null : parent
      if (before !== null) await run(['read-tree', before], index)
      for (const [path, content] of Object.entries(files)) {
        if (content === null) {
          await run(['update-index', '-z', '--index-info'], index, `0 ${'0'.repeat(40)}\t${path}\0`)
          continue
        }
        const blob = (await run(['hash-object', '-w', '--stdin'], index, content)).trim()
        await run(['update-index', '-z', '--index-info'], index, `100644 ${blob}\t${path}\0`)
      }
      const tree = (await run(['write-tree'], index)).trim()
      const sha = await run(['commit-tree', tree, ...(before === null ? [] : ['-p', before])], index, message)
      await run(['update-ref', `refs/heads/${branch}`, sha.trim()], index)
      return sha.trim()
    },
    demand(login) {
      demanded = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
    },
    intercept(given) {
      interception = given
    },
    hold() {
      const waiting: (() => void)[] = []
      held = waiting
      return () => {
        held = null
        for (const go of waiting) go()
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function run(args: readonly string[], env: NodeJS.ProcessEnv, input?: string | Uint8Array): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn('git', [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const out: Buffer[] = []
  const said: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes))
  child.on('error', reject)
  child.on('close', (code) => {
    if (code === 0) resolve(Buffer.concat(out).toString('utf8'))
    else reject(new Error(`git ${args.join(' ')}: ${code} ${Buffer.concat(said)}`))
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return promise
}

/** Answers by `git http-backend`, a CGI program. */
function serve(root: string, req: IncomingMessage, res: ServerResponse): void {
  const [path = '', query = ''] = (req.url ?? '').split('?')
  const child = spawn('git', ['http-backend'], {
    env: {
      ...{ PATH: process.env.PATH, GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1' },
      ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', REMOTE_USER: 'tester' },
      ...{ PATH_INFO: decodeURIComponent(path), QUERY_STRING: query, REQUEST_METHOD: req.method },
      CONTENT_TYPE: req.headers['content-type'],
      GIT_PROTOCOL: req.headers['git-protocol'] as string | undefined,
    },
  })
  child.stdin.on('error', () => undefined)
  const body = req.headers['content-encoding'] === 'gzip' ? req.pipe(createGunzip()) : req
  body.pipe(child.stdin)
  let head = Buffer.alloc(0)
  const onData = (bytes: Buffer) => {
    head = Buffer.concat([head, bytes])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    child.stdout.off('data', onData)
    const headers: Record<string, string> = {}
    for (const line of head.subarray(0, end).toString('latin1').split('\r\n')) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const { status = '200', ...others } = headers
    res.writeHead(Number.parseInt(status, 10), others)
    res.write(head.subarray(end + 4))
    child.stdout.pipe(res)
  }
  child.stdout.on('data', onData)
  child.on('close', () => res.headersSent || res.writeHead(500).end())
  res.on('close', () => child.kill('SIGKILL'))
}
