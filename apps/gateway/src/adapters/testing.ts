/** A database of its own on the Redis in `TEST_REDIS_URL`, so that test files don't meet; empty if there is no Redis. */
export function redisDatabase(number: number): string {
  const server = process.env.TEST_REDIS_URL
  if (!server) return ''
  const url = new URL(server)
  url.pathname = `/${number}`
  return url.href
}
