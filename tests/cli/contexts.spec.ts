import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, NOT_LOGGED_IN, test } from './fixtures.ts'

const env = NOT_LOGGED_IN

test('a token is checked and kept where only its owner reads it, and forgotten again', async ({
  gateway,
  configHome,
  yardmaster,
}) => {
  const none = await yardmaster(['job', 'list'], { env })
  expect(none).toEqual({
    status: 1,
    stdout: '',
    stderr: 'You are not logged in to any server.\nTry: yardmaster login URL\n',
  })
  const wrong = await yardmaster(['login', gateway.url, '--token', 'ymat-wrong'], { env })
  expect(wrong).toMatchObject({ status: 2, stdout: '' })
  expect(wrong.stderr).toContain('does not accept the token')

  const login = await yardmaster(['login', `${gateway.url}/`, '--token', '-'], {
    env,
    input: `${gateway.adminToken}\n`,
  })
  expect(login.status, login.stderr).toBe(0)
  expect(login.stderr).toContain(`Logged in to ${gateway.url}`)
  const file = join(configHome, 'yardmaster', 'contexts.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 1, contexts: [{ url: gateway.url }] })

  expect((await yardmaster(['job', 'list'], { env })).status).toBe(0)
  const verified = await yardmaster(['context', 'verify', '-o', 'json'], { env })
  expect(JSON.parse(verified.stdout)).toMatchObject({ url: gateway.url, context: new URL(gateway.url).host })

  await yardmaster(['login', gateway.url, '--name', 'second', '--token', gateway.adminToken], { env })
  const listed = await yardmaster(['context', 'list', '-o', 'json'], { env })
  expect(JSON.parse(listed.stdout)).toEqual([
    { name: new URL(gateway.url).host, url: gateway.url, current: false },
    { name: 'second', url: gateway.url, current: true },
  ])
  expect(listed.stdout).not.toContain(gateway.adminToken)
  expect((await yardmaster(['context', 'use', new URL(gateway.url).host], { env })).status).toBe(0)
  expect((await yardmaster(['context', 'use', 'third'], { env })).status).toBe(1)
  expect((await yardmaster(['context', 'remove', 'second'], { env })).status).toBe(0)
  expect((await yardmaster(['logout'], { env })).status).toBe(0)
  expect((await yardmaster(['context', 'list', '-o', 'name'], { env })).stdout).toBe('')
})

test('a file that others may read is refused, and so is a damaged or a newer one', async ({
  gateway,
  configHome,
  yardmaster,
}) => {
  await yardmaster(['login', gateway.url, '--token', gateway.adminToken], { env })
  const file = join(configHome, 'yardmaster', 'contexts.json')
  await chmod(file, 0o644)
  const shared = await yardmaster(['job', 'list'], { env })
  expect(shared).toMatchObject({ status: 1, stdout: '' })
  expect(shared.stderr).toContain(`chmod 600 ${file}`)
  await chmod(file, 0o600)
  for (const [text, said] of [
    ['{"version": 7}', 'newer release'],
    ['{', 'is damaged'],
    ['{"current": 5, "contexts": []}', 'is damaged'],
  ] as const) {
    await writeFile(file, text)
    const { status, stderr } = await yardmaster(['job', 'list'], { env })
    expect(stderr).toContain(said)
    expect(status).toBe(1)
    expect(await readFile(file, 'utf8')).toBe(text)
  }
})

test('the environment wins, and the token of a context goes to its own address alone', async ({
  gateway,
  yardmaster,
}) => {
  await yardmaster(['login', gateway.url, '--name', 'here', '--token', gateway.adminToken], { env })
  const url = await yardmaster(['context', 'verify'], { env: { ...env, YARDMASTER_URL: gateway.url } })
  expect(url.status, url.stderr).toBe(0)
  const token = await yardmaster(['context', 'verify'], { env: { ...env, YARDMASTER_TOKEN: 'ymat-wrong' } })
  expect(token.status).toBe(2)
  const elsewhere = await yardmaster(['context', 'verify'], { env: { ...env, YARDMASTER_URL: 'http://127.0.0.1:9' } })
  expect(elsewhere).toMatchObject({ status: 1, stdout: '' })
  expect(elsewhere.stderr).toContain('YARDMASTER_TOKEN')
  expect((await yardmaster(['context', 'verify', 'nowhere'], { env })).status).toBe(1)
})
