import { buildApp } from 'fauxqs'

/**
 * Starts an S3 server in this process that keeps its objects in memory and begins without a bucket. It checks no
 * signatures, so it listens on the loopback interface only; the library's own `startFauxqs` would listen everywhere.
 */
export async function startS3() {
  const app = buildApp({ logger: false })
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    env: {
      TEST_S3_ENDPOINT: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    kill: () => {},
    stop: () => app.close(),
  }
}
