import { findProgram, startProgram, unprivileged } from './program.mjs'

/** Starts a Redis without persistence, with enough databases for the test files that need their own. */
export async function startRedis(folder) {
  const server = await startProgram({
    program: findProgram('redis-server'),
    args: (port) => {
      const settings = { port, bind: '127.0.0.1', save: '', appendonly: 'no', databases: 1024, dir: folder }
      return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    },
    ready: /eady to accept connections/,
    stopSignal: 'SIGTERM',
    as: { ...unprivileged(), cwd: folder },
  })
  return { ...server, env: { TEST_REDIS_URL: `redis://127.0.0.1:${server.port}` } }
}
