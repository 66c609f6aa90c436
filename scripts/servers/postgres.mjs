import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findProgram, startProgram, unprivileged } from './program.mjs'

/** Starts a separate PostgreSQL, independent of other servers on this machine. */
export async function startPostgres(folder, { durable }) {
  return await servePostgres(makeCluster(folder), { durable })
}

/**
 * Creates an empty database cluster in the folder.
 *
 * @returns the location of its data, for `servePostgres`, which may be called again once the previous server has ended.
 * @public `tests/chaos/programs.ts` loads it by its address, which no check of unused code sees.
 */
export function makeCluster(folder) {
  const as = unprivileged()
  const data = join(folder, 'postgres')
  mkdirSync(data, { mode: 0o700 })
  if (as.uid !== undefined) chownSync(data, as.uid, as.gid)

  const made = spawnSync(
    findProgram('initdb'),
    [
      '--pgdata',
      data,
      '--username',
      'yardmaster',
      '--auth',
      'trust',
      '--encoding',
      'UTF8',
      '--locale',
      locale(),
      '--no-sync',
    ],
    { ...as, cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, LC_ALL: 'C' } },
  )
  if (made.status !== 0) throw new Error(`initdb failed:\n${made.error ?? ''}${made.stdout ?? ''}${made.stderr ?? ''}`)
  return data
}

/**
 * Starts a server on the data of a cluster.
 *
 * @public `tests/chaos/programs.ts` loads it in the same way.
 */
export async function servePostgres(data, { durable }) {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 300,
    // Containers may have a small /dev/shm.
    dynamic_shared_memory_type: 'mmap',
    lc_messages: 'C',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const server = await startProgram({
    program: findProgram('postgres'),
    args: (port) => [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    ready: /database system is ready to accept connections/,
    // Disconnects remaining clients at once.
    stopSignal: 'SIGINT',
    as: { ...unprivileged(), cwd: dirname(data) },
  })
  return { ...server, env: { TEST_DATABASE_URL: `postgres://yardmaster@127.0.0.1:${server.port}/postgres` } }
}

/** A locale that knows letters beyond ASCII, as in production: searches ignore case. */
const locale = () => (process.platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8')
