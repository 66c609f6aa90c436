import { buildApp } from 'fauxqs'

const BUCKET = 'yardmaster-test'

/**
 * An S3 server in this process that keeps its objects in memory. It checks no signature, so it listens on the loopback
 * interface only; its own `startFauxqs` would listen everywhere.
 */
export async function startS3() {
  const app = buildApp({ logger: false })
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  const made = await fetch(`${endpoint}/${BUCKET}`, { method: 'PUT' })
  if (!made.ok) throw new Error(`The S3 server did not make a bucket: ${made.status}`)
  return {
    env: {
      TEST_S3_ENDPOINT: endpoint,
      TEST_S3_BUCKET: BUCKET,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
    kill: () => {},
    stop: () => app.close(),
  }
}
