import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from '../support/fixtures.ts'
import { temporaryDirectory } from '../support/gateway.ts'

const DEMO = resolve(import.meta.dirname, '../demo.ts')

/** Starts the demo; `until` resolves once it has printed a text. */
function demo(env: Record<string, string>, { args = [], cwd }: { args?: string[]; cwd?: string } = {}) {
  // Not in the current directory, whose `.env` must not affect the test.
  const child = spawn(process.execPath, [DEMO, ...args], {
    cwd: cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, output }))
  return {
    ended,
    interrupt: () => child.kill('SIGINT'),
    until: (text: string | RegExp) => expect.poll(() => output).toMatch(text),
  }
}

test.describe('npm run demo', () => {
  test('shows jobs of all sorts, follows one live, and leaves no runner behind', async ({ gateway, admin }) => {
    const { code, output } = await demo({ YARDMASTER_URL: gateway.url, ADMIN_TOKEN: gateway.adminToken }).ended
    expect(code, output).toBe(0)
    expect(output).toMatch(/colours .* is over: success/)
    expect(output).toMatch(/failing .* is over: failed: script_failure, exit code 3/)
    expect(output).toMatch(/unicode .* is over: success/)
    expect(output).toMatch(/artifacts .* is over: success/)
    for (let step = 1; step <= 12; step++) expect(output).toContain(`│ step ${step} of 12`)
    expect(output).toMatch(/pipeline .* is manual: its job deploy waits for a person/)
    expect(output).toMatch(/waiting .*no-runner-has-this-tag/)
    const { items } = await admin.query('runners.list', { tag: 'demo' })
    expect(items).toEqual([])
  })

  test('Ctrl+C stops it cleanly, even while it keeps serving', async ({ gateway, admin }) => {
    const running = demo({ YARDMASTER_URL: gateway.url, ADMIN_TOKEN: gateway.adminToken }, { args: ['--keep'] })
    await running.until(/step 2 of 12/)
    running.interrupt()
    const { code, output } = await running.ended
    expect(code, output).toBe(0)
    expect(output).toContain('unregistered')
    const { items } = await admin.query('runners.list', { tag: 'demo' })
    expect(items).toEqual([])
  })

  test('finds its installation by DATA_DIR or by .env', async ({ gateway }) => {
    const checkout = await temporaryDirectory()
    await writeFile(join(checkout.path, '.env'), `DATA_DIR=${gateway.dataDir}\nADMIN_TOKEN=${gateway.adminToken}\n`)
    const running = demo({}, { cwd: checkout.path })
    await running.until(`Yardmaster at ${gateway.url} (`)
    await running.until(/registered as runner/)
    running.interrupt()
    expect((await running.ended).code).toBe(0)
    await checkout.dispose()
  })

  test('finds the token in DATA_DIR', async ({ gateway, storage }) => {
    test.skip(storage.kind === 'production', 'there the token is given, not generated')
    const running = demo({ DATA_DIR: gateway.dataDir })
    await running.until(/registered as runner/)
    running.interrupt()
    expect((await running.ended).code).toBe(0)
  })

  test('says what to do when nothing listens, or the token is missing or wrong', async ({ gateway }) => {
    const empty = await temporaryDirectory()
    for (const [env, sentence] of [
      [{ YARDMASTER_URL: 'http://127.0.0.1:1' }, /npm start/],
      [{ YARDMASTER_URL: gateway.url, DATA_DIR: empty.path }, /ADMIN_TOKEN/],
      [
        { YARDMASTER_URL: gateway.url, ADMIN_TOKEN: 'wrong' },
        new RegExp(`from ADMIN_TOKEN does not belong .* at ${gateway.url}`),
      ],
    ] as const) {
      const { code, output } = await demo(env).ended
      expect(code).toBe(1)
      expect(output).toMatch(sentence)
      expect(output).not.toMatch(/^ +at .*:\d+/m)
    }
    await empty.dispose()
  })
})
