// PostgreSQL, Redis and an S3 server for the length of one command:
//
//   node scripts/servers.mjs [--durable] <command> [arguments…]
//
// The command finds their addresses in TEST_DATABASE_URL, TEST_REDIS_URL, TEST_S3_ENDPOINT and AWS_*.
// A server whose address is in the environment already is used and not started. `--durable` leaves PostgreSQL's
// flushing on, for measurements.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noteInterruptions, run } from './child.mjs'
import { ensurePrograms } from './servers/packages.mjs'
import { startPostgres } from './servers/postgres.mjs'
import { startRedis } from './servers/redis.mjs'
import { startS3 } from './servers/s3.mjs'

/**
 * Starts the servers that the environment does not name. They end with `stop`, and also with a `process.exit` without
 * it.
 *
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>}
 */
export async function openServers({ durable = false } = {}) {
  const named = process.env
  const wanted = [
    ...(named.TEST_DATABASE_URL ? [] : [{ programs: ['initdb', 'postgres'], start: startPostgres }]),
    ...(named.TEST_REDIS_URL ? [] : [{ programs: ['redis-server'], start: startRedis }]),
    ...(named.TEST_S3_ENDPOINT ? [] : [{ programs: [], start: startS3 }]),
  ]
  ensurePrograms(wanted.flatMap(({ programs }) => programs))

  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-servers-'))
  // Servers that run as another user must be able to reach their own folders in here.
  chmodSync(folder, 0o755)
  const running = []
  const discard = () => {
    for (const server of running) server.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', discard)

  const stop = async () => {
    await Promise.allSettled(running.splice(0).map((server) => server.stop()))
    discard()
    process.off('exit', discard)
  }
  try {
    const started = await Promise.allSettled(
      wanted.map(async ({ start }) => {
        const server = await start(folder, { durable })
        running.push(server)
        return server.env
      }),
    )
    const failed = started.find(({ status }) => status === 'rejected')
    if (failed) throw failed.reason
    return { env: Object.assign({}, ...started.map(({ value }) => value)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function main() {
  const [first, ...others] = process.argv.slice(2)
  const durable = first === '--durable'
  const [command, ...args] = durable ? others : [first, ...others]
  if (!command) {
    console.error('Usage: node scripts/servers.mjs [--durable] <command> [arguments…]')
    return 1
  }
  noteInterruptions()
  const servers = await openServers({ durable })
  try {
    return await run(command, args, { env: { ...process.env, ...servers.env } })
  } finally {
    await servers.stop()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main().catch((error) => {
    console.error(error.message)
    return 1
  })
}
