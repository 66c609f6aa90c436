import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../config.ts'
import { demoCommand } from './demo-command.ts'

describe('the demo command', () => {
  const ADMIN_TOKEN = 'a-token-of-twenty-characters'
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'yardmaster-demo-command-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const command = (environment: Record<string, string> = {}) =>
    demoCommand(readConfig({ DATA_DIR: join(directory, 'data'), ...environment }), directory)

  it('is short with the default settings', () => {
    expect(command()).toBe('npm run demo')
  })

  it('names another data directory, quoted for a shell', () => {
    expect(command({ DATA_DIR: '/srv/yard' })).toBe('DATA_DIR=/srv/yard npm run demo')
    expect(command({ DATA_DIR: "/srv/my $yard's" })).toBe(String.raw`DATA_DIR='/srv/my $yard'\''s' npm run demo`)
  })

  it('takes a given token from the shell and does not show it', () => {
    expect(command({ ADMIN_TOKEN })).toBe('ADMIN_TOKEN="$ADMIN_TOKEN" npm run demo')
  })

  it('omits what .env contains', async () => {
    await writeFile(join(directory, '.env'), `DATA_DIR=./elsewhere\nADMIN_TOKEN=${ADMIN_TOKEN}\n`)
    expect(command({ DATA_DIR: join(directory, 'elsewhere'), ADMIN_TOKEN })).toBe('npm run demo')
  })
})
