import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { unexpectedAnswer } from '../answers.ts'
import { Failure, localFailure, serverFailure } from '../failure.ts'
import { type Connection, networkFailure, send } from '../http.ts'
import type { ServerTools } from '../tools.ts'
import { VERSION } from '../version.ts'
import { oneLine } from '../visible.ts'
import { bytes } from '../words.ts'
import { FLUSH, pktLine, pktLines } from './pkt-lines.ts'
import { runGit, streamGit, tryGit } from './run-git.ts'
import { type Snapshot, shallowCommits } from './snapshot.ts'

/** What a server says to a client that is about to push. */
interface Advertised {
  readonly shas: readonly string[]
  /** Bytes of a pack; null when the server does not say. */
  readonly largest: number | null
}

const NONE = '0'.repeat(40)
const SHA = /^[0-9a-f]{40}$/
/** Bytes of an answer about refs, for a repository with hundreds of thousands of them. */
const MOST_REFS_BYTES = 64 * 1_048_576
const MOST_REPORT_BYTES = 1_048_576
/** Milliseconds for which the server may check and store what it got. */
const STORE_MS = 600_000
/** The longest time of a timer, in milliseconds. */
const FOR_EVER_MS = 2 ** 31 - 1

/**
 * Sends what the server lacks of a working tree, and names it `refs/runs/<name>` there.
 *
 * @returns the commit that was sent: one without history when a shallow clone lacks what the server does not have.
 * @throws Failure when it is too large, or the server refuses.
 */
export async function pushRun(
  tools: ServerTools,
  snapshot: Snapshot,
  { path, name }: { readonly path: string; readonly name: string },
): Promise<string> {
  const { connection, signal } = tools
  const address = `/${path}.git`
  const headers = { Authorization: `Basic ${Buffer.from(`yardmaster:${connection.token}`).toString('base64')}` }
  const { shas, largest } = await readRefs(connection, address, headers)
  const haves = await known(snapshot, shas)
  const sha = (await isWhole(snapshot, haves, signal)) ? snapshot.sha : await snapshot.withoutHistory()
  const pack = join(snapshot.temporary, 'run.pack')
  const packing = { sha, haves, pack, largest }
  // An earlier run may rest on a commit that is gone from the repository.
  const size =
    (await writePack(tools, snapshot, packing)) ??
    (await writePack(tools, snapshot, { ...packing, haves: await inRepository(snapshot, haves, signal) }))
  if (size === null) throw localFailure('git cannot read the working tree.', 'git fsck')
  await sendPack(tools, { address, headers, sha, name, pack, size })
  return sha
}

async function readRefs(
  connection: Connection,
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<Advertised> {
  const response = await send(connection, `${address}/info/refs?service=git-receive-pack`, {
    headers,
    limit: connection.timeoutMs,
  })
  const body = await readBody(response, connection, MOST_REFS_BYTES)
  if (response.status !== 200) throw refusalOf(response, body)
  const lines = pktLines(body).flatMap((line) => (line === null ? [] : [line.toString('utf8')]))
  if (!lines[0]?.startsWith('# service=git-receive-pack')) throw unexpectedAnswer('it is not what git sends')
  const limit = /\bmax-run-bytes=(\d{1,15})\b/.exec(lines[1]?.split('\0')[1] ?? '')?.[1]
  const shas = new Set(lines.slice(1).map((line) => line.slice(0, 40)))
  return { shas: [...shas].filter((sha) => SHA.test(sha) && sha !== NONE), largest: limit ? Number(limit) : null }
}

/** Returns those of the server's commits that are here as well. */
async function known({ git }: Snapshot, shas: readonly string[]): Promise<readonly string[]> {
  if (shas.length === 0) return []
  const answer = await runGit(git(['cat-file', '--batch-check=%(objectname) %(objecttype)'], `${shas.join('\n')}\n`))
  return answer.split('\n').flatMap((line) => /^([0-9a-f]{40}) (?:commit|tag)$/.exec(line)?.[1] ?? [])
}

/** Returns those commits that are in the repository itself. */
async function inRepository(
  { root }: Snapshot,
  haves: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const input = `${haves.join('\n')}\n`
  const answer = await tryGit({
    folder: root,
    args: ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    input,
    signal,
  })
  return answer?.split('\n').flatMap((line) => /^([0-9a-f]{40}) (?:commit|tag)$/.exec(line)?.[1] ?? []) ?? []
}

/** Returns whether the server gets or has the whole history: a shallow clone may lack a part of it. */
async function isWhole(snapshot: Snapshot, haves: readonly string[], signal: AbortSignal): Promise<boolean> {
  const cut = await shallowCommits(snapshot, signal)
  if (cut.size === 0) return true
  const sent = await runGit(snapshot.git(['rev-list', '--stdin'], listOf(snapshot.sha, haves)))
  return !sent.split('\n').some((sha) => cut.has(sha))
}

const listOf = (sha: string, haves: readonly string[]): string =>
  [sha, ...haves.map((have) => `^${have}`)].map((line) => `${line}\n`).join('')

/** Returns the bytes of the pack; null when git cannot make it. */
async function writePack(
  { terminal }: ServerTools,
  { git }: Snapshot,
  { sha, haves, pack, largest }: { sha: string; haves: readonly string[]; pack: string; largest: number | null },
): Promise<number | null> {
  await using file = await open(pack, 'w', 0o600)
  let size = 0
  // An earlier run is beside the new commit, not before it: only so is what it has left out.
  const edges = ['--thin', '--shallow']
  const args = ['pack-objects', '--revs', ...edges, '--delta-base-offset', '--quiet', '--stdout']
  const { code } = await streamGit(git(args, listOf(sha, haves)), async (piece) => {
    size += piece.length
    if (largest !== null && size > largest) throw tooLarge(largest)
    terminal.progress(`Packing the working tree: ${bytes(size)}`)
    await file.write(piece)
  })
  terminal.progress(null)
  return code === 0 ? size : null
}

const tooLarge = (largest: number): Failure =>
  localFailure(
    `What the server lacks of the working tree has more than ${bytes(largest)}, which is the most that it takes.`,
    'Leave large files out with .gitignore, push the branch first, or let an administrator raise MAX_RUN_MIB.',
  )

interface Sending {
  readonly address: string
  readonly headers: Readonly<Record<string, string>>
  readonly sha: string
  readonly name: string
  readonly pack: string
  readonly size: number
}

async function sendPack(
  { connection, terminal }: ServerTools,
  { address, headers, sha, name, pack, size }: Sending,
): Promise<void> {
  const ref = `refs/runs/${name}`
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new DOMException('no answer', 'TimeoutError')), connection.timeoutMs)
  async function* body() {
    yield pktLine(`${NONE} ${sha} ${ref}\0report-status side-band-64k object-format=sha1 agent=yardmaster/${VERSION}\n`)
    yield FLUSH
    let sent = 0
    for await (const piece of createReadStream(pack)) {
      timer.refresh()
      sent += piece.length
      terminal.progress(`Sending the working tree: ${bytes(sent)} of ${bytes(size)}`)
      yield piece as Buffer
    }
    clearTimeout(timer)
  }
  try {
    const response = await send(connection, `${address}/git-receive-pack`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/x-git-receive-pack-request' },
      body: body(),
      duplex: 'half',
      signal: stalled.signal,
      limit: size > 0 ? FOR_EVER_MS : STORE_MS,
    })
    const answer = await readBody(response, connection, MOST_REPORT_BYTES)
    if (response.status !== 200) throw refusalOf(response, answer)
    checkReport(answer, ref)
  } finally {
    clearTimeout(timer)
    terminal.progress(null)
  }
}

/** @throws Failure when the ref was not set. */
export function checkReport(answer: Buffer, ref: string): void {
  const report = Buffer.concat(
    pktLines(answer).flatMap((line) => (line !== null && line[0] === 1 ? [line.subarray(1)] : [])),
  )
  const lines = pktLines(report).flatMap((line) => (line === null ? [] : [line.toString('utf8').trimEnd()]))
  if (lines.includes('unpack ok') && lines.includes(`ok ${ref}`)) return
  const reason =
    lines.flatMap((line) => /^unpack (?!ok$)(.*)$/s.exec(line)?.[1] ?? [])[0] ??
    lines.flatMap((line) => (line.startsWith(`ng ${ref} `) ? [line.slice(`ng ${ref} `.length)] : []))[0]
  if (reason === undefined) throw unexpectedAnswer('it does not say what came of the working tree')
  throw serverFailure(`The server did not take the working tree: ${oneLine(reason)}.`)
}

async function readBody(response: Response, connection: Connection, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    for await (const piece of response.body ?? []) {
      size += piece.length
      if (size > most) throw unexpectedAnswer(`it has more than ${bytes(most)}`)
      pieces.push(piece)
    }
  } catch (error) {
    throw error instanceof Failure ? error : (networkFailure(error, connection) ?? error)
  }
  return Buffer.concat(pieces)
}

function refusalOf({ status, headers }: Response, body: Buffer): Failure {
  const type = headers.get('Content-Type') ?? ''
  if (!type.startsWith('text/plain')) return unexpectedAnswer(`its status is ${status}`)
  return serverFailure(oneLine(body.toString('utf8').trim().slice(0, 1_000)), 'yardmaster context verify')
}
