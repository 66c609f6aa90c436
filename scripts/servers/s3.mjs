import { buildApp } from 'fauxqs'

/**
 * An S3 server in this process that keeps its objects in memory and begins without a bucket. It checks no signature, so
 * it listens on the loopback interface only; its own `startFauxqs` would listen everywhere.
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
