import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Environment } from '../support/gateway.ts'

/** A running server. */
export interface Program {
  readonly port: number
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly ended: Promise<unknown>
  readonly env: Environment
  /** Stops it as an operator would. */
  stop(): Promise<void>
}

interface ServerScripts {
  ensurePrograms(names: readonly string[]): void
  makeCluster(folder: string): string
  servePostgres(data: string, options: { durable: boolean }): Promise<Program>
  startRedis(folder: string): Promise<Program>
}

/** Loads the scripts that start servers for all commands: plain JavaScript, which runs before anything is installed. */
async function scripts(): Promise<ServerScripts> {
  const load = (name: string) => import(String(new URL(`../../scripts/servers/${name}.mjs`, import.meta.url)))
  const [packages, postgres, redis] = await Promise.all(['packages', 'postgres', 'redis'].map(load))
  return { ...packages, ...postgres, ...redis }
}

/** @returns a function that starts PostgreSQL on one cluster, repeatedly. Commits are flushed, as in production. */
export async function postgresIn(folder: string): Promise<() => Promise<Program>> {
  const { ensurePrograms, makeCluster, servePostgres } = await scripts()
  ensurePrograms(['initdb', 'postgres'])
  const data = makeCluster(folder)
  return () => servePostgres(data, { durable: true })
}

/** @returns a function that starts an empty Redis. */
export async function redisIn(folder: string): Promise<() => Promise<Program>> {
  const { ensurePrograms, startRedis } = await scripts()
  ensurePrograms(['redis-server'])
  return () => startRedis(folder)
}

/** Starts an S3 server in its own process. Its objects are in memory. */
export async function startS3(): Promise<Program> {
  const child = fork(join(import.meta.dirname, 's3-server.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = once(child, 'exit')
  const gone = ended.then(() => Promise.reject(new Error('the S3 server ended instead of starting')))
  const [env] = (await Promise.race([once(child, 'message'), gone])) as [Record<string, string>]
  gone.catch(() => undefined)
  return {
    port: Number(new URL(env.TEST_S3_ENDPOINT ?? '').port),
    pid: child.pid ?? 0,
    ended,
    env,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
