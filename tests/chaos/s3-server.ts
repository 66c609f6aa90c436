// The S3 server in a process of its own, so that it can be hung without hanging whoever started it.
const { startS3 } = await import(String(new URL('../../scripts/servers/s3.mjs', import.meta.url)))

const { env } = (await startS3()) as { env: Record<string, string> }
process.send?.(env)
process.on('disconnect', () => process.exit())
