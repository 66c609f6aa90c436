import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** The data directory can't be used; the message says why. */
export class DataDirError extends Error {
  override name = 'DataDirError'
}

/** A socket's path is limited to 107 bytes by the kernel. */
const LONGEST_SOCKET_PATH = 100

/**
 * Makes the directory, readable by its owner only, and locks it against a second process. The lock is a socket that
 * this process answers on: when the process is gone, however it ended, nobody answers and the lock is free.
 *
 * @throws DataDirError when another process holds it, or it can't be written.
 */
export async function lockDataDir(dir: string): Promise<AsyncDisposable> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new DataDirError(`DATA_DIR ${dir} can't be made: ${(error as Error).message}`)
  }
  const path = await socketPath(dir)
  const nonce = randomBytes(16).toString('hex')

  for (let attempt = 0; attempt < 3; attempt++) {
    const server = await listen(path, nonce)
    if (server) {
      // Two processes may both find a dead lock and clear it; the one whose socket is still there has won.
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

/** What the holder of a lock says, or null when nobody answers. */
async function ask(path: string): Promise<string | null> {
  return await new Promise((resolve) => {
    let said = ''
    const socket = createConnection(path)
    socket.setTimeout(2_000, () => {
      socket.destroy()
      resolve(said)
    })
    socket.on('data', (data) => {
      said += data.toString()
    })
    socket.on('end', () => resolve(said))
    socket.on('error', () => resolve(null))
  })
}

const release = (server: Server, path: string): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    // Closing removes the socket's file, too.
    await new Promise((resolve) => server.close(resolve))
    await rm(path, { force: true })
  },
})

/**
 * A secret that is kept in the data directory: the given value, else the stored one, else a new one, which is stored
 * readable by its owner only.
 */
export async function keptSecret(
  dir: string,
  name: string,
  given: string | undefined,
  make: () => string,
): Promise<string> {
  if (given !== undefined) return given
  const file = join(dir, name)
  try {
    const stored = (await readFile(file, 'utf8')).trim()
    if (stored !== '') return stored
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = make()
  await writeFile(file, `${secret}\n`, { mode: 0o600 })
  await chmod(file, 0o600)
  return secret
}
