// The S3 server in a process of its own, so that it can be hung without hanging its parent.
const { startS3 } = await import(String(new URL('../../scripts/servers/s3.mjs', import.meta.url)))

const { env } = (await startS3()) as { env: Record<string, string> }
const bucket = 'yardmaster-chaos'
const made = await fetch(`${env.TEST_S3_ENDPOINT}/${bucket}`, { method: 'PUT' })
if (!made.ok) throw new Error(`The S3 server did not create a bucket: ${made.status}`)
process.send?.({ ...env, S3_BUCKET: bucket })
process.on('disconnect', () => process.exit())
