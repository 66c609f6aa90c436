import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Away, localFailure, serverFailure } from './failure.ts'
import { type Connection, networkFailure, readJson, send } from './http.ts'
import { oneLine } from './visible.ts'

/** Connections that break without a single byte, one after another, until it is given up. */
const MOST_BREAKS = 5

/**
 * Downloads bytes from below `/download`. A connection that breaks is made again from the next byte on. A server that
 * sends nothing for the time of a request counts as broken.
 *
 * @throws Failure
 */
export async function* download(connection: Connection, path: string): AsyncGenerator<Uint8Array> {
  let received = 0
  let breaks = 0
  for (;;) {
    const leaving = new AbortController()
    const timer = setTimeout(() => leaving.abort(new DOMException('no bytes', 'TimeoutError')), connection.timeoutMs)
    try {
      const headers = received > 0 ? { Range: `bytes=${received}-` } : {}
      const response = await send(connection, path, { headers, signal: leaving.signal })
      // Nothing is left after the last byte.
      if (received > 0 && response.status === 416) return
      if (response.status !== (received > 0 ? 206 : 200)) throw await refusal(response, connection)
      for await (const piece of response.body ?? []) {
        timer.refresh()
        received += piece.length
        breaks = 0
        yield piece
      }
      return
    } catch (error) {
      const failure = networkFailure(error, connection) ?? error
      breaks += 1
      if (!(failure instanceof Away) || breaks > MOST_BREAKS || received === 0) throw failure
    } finally {
      clearTimeout(timer)
      leaving.abort()
    }
  }
}

async function refusal(response: Response, connection: Connection): Promise<Error> {
  if (response.status === 401) {
    await response.body?.cancel()
    return serverFailure(`${connection.url} does not accept the token.`, `yardmaster login ${connection.url}`)
  }
  const isJson = /^application\/json\b/.test(response.headers.get('Content-Type') ?? '')
  const answer = isJson ? ((await readJson(response, connection)) as { message?: unknown } | null) : null
  if (!isJson) await response.body?.cancel()
  const reason = typeof answer?.message === 'string' ? `: ${answer.message}` : ''
  return serverFailure(`The server refused the download with ${response.status}${reason}.`)
}

/** Returns a name that a file may have here: the last part of what the server says, without anything invisible. */
export const safeName = (name: string, otherwise: string): string => {
  const last = oneLine(name.split(/[/\\]/).at(-1) ?? '').replace(/[:*?"<>|\\\uFFFD]/g, '_')
  return last === '' || /^\.+$/.test(last) ? otherwise : last.slice(0, 200)
}

/**
 * Saves bytes as a file of a folder: whole and with the right digest, or not at all. A file of that name stays as it
 * is.
 *
 * @param sha256 - lower-case hexadecimal.
 * @returns the path of the file.
 * @throws Failure
 */
export async function save(
  pieces: AsyncIterable<Uint8Array>,
  { folder, name, sha256, replace }: { folder: string; name: string; sha256: string; replace: boolean },
): Promise<string> {
  const path = join(folder, name)
  if (!replace && existsSync(path)) throw localFailure(`${path} exists.`, 'Add --replace, or name another folder.')
  const draft = join(folder, `.${name}.${randomBytes(4).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true })
    if ((await write(pieces, draft)) !== sha256) throw serverFailure(`${name} arrived damaged.`, 'Try again.')
    await rename(draft, path)
    return path
  } catch (error) {
    await rm(draft, { force: true })
    const { code, syscall } = error as NodeJS.ErrnoException
    if (code && syscall) throw localFailure(`${path} cannot be written: ${(error as Error).message}.`)
    throw error
  }
}

/** Writes a new file. Returns the SHA-256 of its bytes. */
async function write(pieces: AsyncIterable<Uint8Array>, path: string): Promise<string> {
  const hash = createHash('sha256')
  await using file = await open(path, 'wx')
  for await (const piece of pieces) {
    hash.update(piece)
    await file.writeFile(piece)
  }
  return hash.digest('hex')
}
