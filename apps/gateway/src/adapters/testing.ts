/** Returns a separate database for a test file on the Redis in `TEST_REDIS_URL`; empty without a Redis. */
export function redisDatabase(number: number): string {
  const server = process.env.TEST_REDIS_URL
  if (!server) return ''
  const url = new URL(server)
  url.pathname = `/${number}`
  return url.href
}
