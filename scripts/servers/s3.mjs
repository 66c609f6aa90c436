import { buildApp } from 'fauxqs'

/**
 * Starts an S3 server in this process that keeps its objects in memory and begins without a bucket. It checks no
 * signatures, so it listens on the loopback interface only; the library's own `startFauxqs` would listen everywhere.
 * `GET /_puts/<bucket>` answers with the number of PUT requests for the bucket so far.
 */
export async function startS3() {
  const app = buildApp({ logger: false })
  const puts = new Map()
  app.addHook('onRequest', async ({ method, url }) => {
    if (method !== 'PUT') return
    const [, bucket] = url.split(/[/?]/)
    puts.set(bucket, (puts.get(bucket) ?? 0) + 1)
  })
  app.get('/_puts/:bucket', async ({ params }) => puts.get(params.bucket) ?? 0)
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
