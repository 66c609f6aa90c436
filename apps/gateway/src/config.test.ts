import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const refusal = (environment: Record<string, string>): string => {
  try {
    readConfig(environment)
    return 'accepted'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

describe('the environment', () => {
  it('may be empty, and then everything runs in one process', () => {
    const config = readConfig({})
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8080 })
    expect([config.database.kind, config.events.kind, config.objects.kind]).toEqual(['pglite', 'memory', 'filesystem'])
    expect(config.longPollMs).toBe(50_000)
    expect(config.maxTraceMib).toBe(100)
    expect(config.jobRequestsPerMinute).toBe(2000)
    expect(config.runnerTokenLifetimeSeconds).toBeNull()
  })

  it('chooses PostgreSQL, Redis and S3 by their addresses', () => {
    const config = readConfig({
      DATABASE_URL: 'postgres://u:p@db/yard',
      REDIS_URL: 'rediss://redis:6380',
      S3_BUCKET: 'logs',
      S3_ENDPOINT: 'http://127.0.0.1:9000',
      S3_FORCE_PATH_STYLE: 'true',
    })
    expect(config.database).toEqual({ kind: 'postgres', url: 'postgres://u:p@db/yard' })
    expect(config.events).toEqual({ kind: 'redis', url: 'rediss://redis:6380' })
    expect(config.objects).toMatchObject({ kind: 's3', bucket: 'logs', forcePathStyle: true })
  })

  it('denies webhooks the given addresses, and with the word default also the default ones', () => {
    const usual = readConfig({}).webhookDeny
    expect(usual).toContain('169.254.0.0/16')
    expect(readConfig({ WEBHOOK_DENY: 'none' }).webhookDeny).toEqual([])
    expect(readConfig({ WEBHOOK_DENY: '10.0.0.0/8' }).webhookDeny).toEqual(['10.0.0.0/8'])
    expect(readConfig({ WEBHOOK_DENY: 'default, 10.0.0.0/8' }).webhookDeny).toEqual([...usual, '10.0.0.0/8'])
  })

  it('fetches included files only from public addresses, unless told otherwise', () => {
    const usual = readConfig({}).includeDeny
    expect(usual).toEqual(expect.arrayContaining(['127.0.0.0/8', '10.0.0.0/8', '169.254.0.0/16', 'fc00::/7']))
    expect(readConfig({ INCLUDE_DENY: 'none' }).includeDeny).toEqual([])
    expect(readConfig({ INCLUDE_DENY: 'default, 203.0.113.0/24' }).includeDeny).toEqual([...usual, '203.0.113.0/24'])
  })

  it('knows servers with projects, each with the token for its host', () => {
    const { projectHosts } = readConfig({
      INCLUDE_PROJECT_BASE: 'https://git.example/forge/, http://localhost:8181',
      INCLUDE_PROJECT_TOKEN_GIT_EXAMPLE: 'first',
      INCLUDE_PROJECT_TOKEN_localhost_8181: 'second',
      INCLUDE_PROJECT_TOKEN_OTHER: 'third',
    })
    expect(projectHosts).toEqual([
      { base: 'https://git.example/forge', token: 'first' },
      { base: 'http://localhost:8181', token: 'second' },
    ])
    expect(readConfig({ INCLUDE_PROJECT_BASE: 'https://git.example' }).projectHosts).toEqual([
      { base: 'https://git.example', token: null },
    ])
    expect(readConfig({}).projectHosts).toEqual([])
  })

  it('treats an empty variable as absent', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', LOG_LEVEL: '' })).toEqual(readConfig({}))
  })

  it('keeps a path prefix and drops trailing slashes of the external address', () => {
    expect(readConfig({ EXTERNAL_URL: 'https://ci.example/yard/' }).externalUrl).toBe('https://ci.example/yard')
  })

  it.each([
    ['PORT', '80a', '"80a"'],
    ['PORT', '65536', '0 to 65535'],
    ['PORT', '-1', 'whole number'],
    ['EXTERNAL_URL', 'ftp://x', 'http'],
    ['EXTERNAL_URL', 'ci.example', 'http'],
    ['EXTERNAL_URL', 'http://', 'http'],
    ['EXTERNAL_URL', 'https://ci.example/?', 'without user, ? and #'],
    ['EXTERNAL_URL', 'https://ci.example/#jobs', 'without user, ? and #'],
    ['EXTERNAL_URL', 'https://user:hush@ci.example', 'without user, ? and #'],
    ['DATABASE_URL', 'postgres://u:hush@db:99999/yard', 'postgres://'],
    ['DATABASE_URL', 'mysql://x', 'postgres://'],
    ['REDIS_URL', 'http://x', 'redis://'],
    ['S3_BUCKET', 'A', 'bucket'],
    ['ENCRYPTION_KEY', 'short', '32 bytes'],
    ['ADMIN_TOKEN', 'short', '20 printable'],
    ['LONG_POLL_SECONDS', '600', '590'],
    ['RUNNER_TOKEN_LIFETIME', '0', 'at least 1'],
    ['MAX_TRACE_MIB', '1.5', 'whole number'],
    ['ARTIFACTS_ENABLED', 'maybe', 'true or false'],
    ['TRUSTED_PROXIES', '10.0.0.1', 'CIDR'],
    ['WEBHOOK_DENY', '10.0.0.1', 'default for link-local'],
    ['WEBHOOK_DENY', 'default,none', 'CIDR'],
    ['INCLUDE_DENY', '10.0.0.1', 'all that are not public'],
    ['INCLUDE_PROJECT_BASE', 'git.example', 'http or https'],
    ['INCLUDE_PROJECT_BASE', 'https://git.example,ssh://git.example', 'http or https'],
    ['INCLUDE_PROJECT_BASE', 'https://user:secret@git.example', 'without user'],
    ['LOG_LEVEL', 'loud', 'info'],
    ['SWEEP_INTERVAL_SECONDS', '0', 'at least 1'],
    ['JOB_RETENTION_DAYS', '0', 'a whole number of days from 1 to 36500'],
    ['JOB_RETENTION_DAYS', '1.5', 'a whole number of days from 1 to 36500'],
    ['LOG_RETENTION_DAYS', '-1', 'a whole number of days from 1 to 36500'],
    ['LOG_RETENTION_DAYS', '36501', 'a whole number of days from 1 to 36500'],
  ])('is refused for %s=%s in one line with the variable and what is allowed', (name, value, part) => {
    const message = refusal({ [name]: value })
    expect(message).toMatch(new RegExp(`^${name}: found .*, allowed is `))
    expect(message).toContain(part)
    expect(message).not.toContain('\n')
  })

  it('never shows a secret in a refusal', () => {
    expect(refusal({ ADMIN_TOKEN: 'hunter2' })).not.toContain('hunter2')
    expect(refusal({ DATABASE_URL: 'mysql://u:hunter2@db' })).not.toContain('hunter2')
  })
})
