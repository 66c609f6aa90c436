import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, realpath, rm, stat } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { flushDirectory } from './flush.ts'

/** The data directory can't be used, for the reason in the message. */
export class DataDirError extends Error {
  override name = 'DataDirError'
}

/** Bytes. The kernel limits a socket's path to 107. */
const LONGEST_SOCKET_PATH = 100

export interface HeldDataDir extends AsyncDisposable {
  /** Warnings for the operator, as sentences. */
  readonly concerns: readonly string[]
}

/**
 * Creates the directory, readable by its owner only, and locks it against a second process. The lock is a socket that
 * this process answers on. However the process ends, the socket then stops answering and the lock is free.
 *
 * @throws DataDirError when another process holds the lock, or the directory can't be written.
 */
export async function lockDataDir(dir: string): Promise<HeldDataDir> {
  await makeFlushed(dir)
  const concerns = [await closeToOthers(dir), await whyNotFlushed(dir)].filter((concern) => concern !== null)
  return Object.assign(await lockMade(dir), { concerns })
}

/**
 * Creates one directory after the other. Node's own `recursive` never ends below `/proc`, where the system reports a
 * directory as missing and does not allow creating it.
 */
async function makeMissing(dir: string, isSecondTry = false): Promise<void> {
  try {
    await mkdir(dir, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return
    if (code !== 'ENOENT' || isSecondTry || dirname(dir) === dir) throw error
    await makeMissing(dirname(dir))
    return await makeMissing(dir, true)
  }
  // A new directory is durable once its parent is flushed.
  await flushDirectory(dirname(dir))
}

async function makeFlushed(dir: string): Promise<void> {
  try {
    await makeMissing(dir)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new DataDirError(
      code === 'EEXIST' || code === 'ENOTDIR'
        ? `DATA_DIR ${dir}: there is a file where a directory is needed`
        : `DATA_DIR ${dir} can't be created: ${message}`,
      { cause: error },
    )
  }
}

/** Removes other users' access: writers could change the stored data, and readers find the secrets. */
async function closeToOthers(dir: string): Promise<string | null> {
  const { mode } = await stat(dir)
  if ((mode & 0o077) === 0) return null
  const how = `is open to other users (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`
  // A directory shared by all users, such as /tmp, is not ours to close.
  if ((mode & 0o1000) !== 0) return `DATA_DIR ${dir} ${how} and shared: choose one for Yardmaster alone`
  try {
    await chmod(dir, mode & 0o700)
    return null
  } catch (error) {
    return `DATA_DIR ${dir} ${how}, which can't be changed: ${(error as Error).message}`
  }
}

async function whyNotFlushed(dir: string): Promise<string | null> {
  if ((await flushDirectory(dir)) !== 'unsupported') return null
  return `The file system of DATA_DIR ${dir} can't flush directories: a power cut may lose what was stored`
}

async function lockMade(dir: string): Promise<AsyncDisposable> {
  const path = await socketPath(dir)
  const nonce = randomBytes(16).toString('hex')

  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(path, nonce)
    if (server) {
      // Two processes may both find a stale lock and remove it; the one whose socket is still there has won.
      await pause(20)
      if ((await ask(path)) === nonce) return release(server, path)
      server.close()
      continue
    }
    if ((await ask(path)) !== null) break
    await rm(path, { force: true })
  }
  throw new DataDirError(`DATA_DIR ${dir} is in use by another Yardmaster; stop it or choose another DATA_DIR`)
}

async function socketPath(dir: string): Promise<string> {
  const inside = join(await realpath(dir), 'lock')
  const short = [inside, relative('.', inside)].find((path) => Buffer.byteLength(path) <= LONGEST_SOCKET_PATH)
  return short ?? join(tmpdir(), `yardmaster-${createHash('sha256').update(inside).digest('hex').slice(0, 32)}`)
}

async function listen(path: string, nonce: string): Promise<Server | null> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(nonce)
  })
  server.unref()
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    )
    server.listen(path, () => resolve(server))
  })
}

/** Returns what the holder of a lock answers, or null when nothing answers. */
async function ask(path: string): Promise<string | null> {
  return await new Promise((resolve) => {
    let answer = ''
    const socket = createConnection(path)
    socket.setTimeout(2_000, () => {
      socket.destroy()
      resolve(answer)
    })
    socket.on('data', (data) => {
      answer += data.toString()
    })
    socket.on('end', () => resolve(answer))
    socket.on('error', () => resolve(null))
  })
}

const release = (server: Server, path: string): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    // Closing also removes the socket's file.
    await new Promise((resolve) => server.close(resolve))
    await rm(path, { force: true })
  },
})
