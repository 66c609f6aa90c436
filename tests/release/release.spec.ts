import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, readdir, readFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test as base, expect } from '@playwright/test'
import { plainPath } from '../docs/oldest-node.ts'
import { Admin } from '../support/admin.ts'
import { FakeRunner } from '../support/fake-runner.ts'
import { type Environment, Gateway, temporaryDirectory } from '../support/gateway.ts'
import { send } from '../support/http.ts'
import { hasServers, openStorage, type StorageKind } from '../support/storage.ts'
import { stages, variables, words } from './dockerfile.ts'
import { rehearse } from './rehearsal.ts'

const [build, image] = stages()
if (!build || !image) throw new Error('the Dockerfile has two stages')

/** The user to run as. As in the image, the files of a release belong to another user, if this process may set that. */
const node = { uid: 1000, gid: 1000 }
const user = process.getuid?.() === 0 && spawnSync(process.execPath, ['-v'], node).status === 0 ? node : null

const test = base.extend<object, { release: string }>({
  /** Packed once for all tests of the file, as in the Dockerfile. */
  release: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for an object pattern.
    async ({}, use) => {
      const source = await temporaryDirectory('yardmaster-source-')
      const release = await temporaryDirectory('yardmaster-release-')
      await rehearse(build, source.path)
      // Away from the sources, so that no parent folder has dependencies.
      await cp(join(source.path, 'release'), release.path, { recursive: true })
      await source.dispose()
      await chmod(release.path, 0o755)
      await use(release.path)
      await release.dispose()
    },
    { scope: 'worker', timeout: 600_000 },
  ],
})

/** Starts the unpacked release with the image's variables, as a user who can write only to the data directory. */
async function start(release: string, env: Environment = {}) {
  const directory = await temporaryDirectory()
  if (user) await chown(directory.path, user.uid, user.gid)
  const [, program = ''] = words(image as NonNullable<typeof image>, 'CMD')
  const gateway = await Gateway.start(
    directory.path,
    {
      ...variables(image as NonNullable<typeof image>),
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: directory.path,
      ...env,
    },
    { program: join(release, program), ...(user && { user }) },
  )
  return { gateway, dispose: () => gateway.kill().then(directory.dispose) }
}

/** Runs the image's health check. Returns its exit code. */
async function healthcheck(release: string, dataDir: string): Promise<number | null> {
  const [, program = ''] = words(image as NonNullable<typeof image>, 'HEALTHCHECK')
  const child = spawn(process.execPath, [program], {
    ...user,
    cwd: release,
    env: { DATA_DIR: dataDir },
    stdio: 'ignore',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

for (const kind of ['embedded', 'production'] satisfies StorageKind[]) {
  test(`a release starts with node alone, registers a runner, shows the dashboard and reports its health (${kind})`, async ({
    release,
  }) => {
    test.skip(kind === 'production' && !hasServers, 'needs PostgreSQL and Redis')
    const storage = await openStorage(kind)
    const { gateway, dispose } = await start(release, storage.env)
    const { url } = gateway

    const runner = await FakeRunner.register(url, gateway.registrationToken)
    const admin = new Admin(url, { token: gateway.adminToken })
    const { id } = await admin.mutate('jobs.create', { name: 'j', definition: { script: ['true'] } })
    const job = await runner.take()
    await job.say('hello\n')
    await job.finish('success')
    expect((await admin.log(id)).toString()).toBe('hello\n')

    expect(await admin.query('pipelines.lint', { content: 'a: { script: x }' })).toMatchObject({ valid: true })

    const { version } = JSON.parse(await readFile(join(release, 'package.json'), 'utf8')) as { version: string }
    expect(await admin.query('settings.limits')).toMatchObject({ version })

    const page = await send('GET', `${url}/sign-in`, { headers: { Accept: 'text/html' } })
    expect(page.status).toBe(200)
    const [, script = ''] = /<script type="module"[^>]* src="([^"]+)"/.exec(page.text) ?? []
    expect((await send('GET', new URL(script, url))).status).toBe(200)

    expect(await healthcheck(release, gateway.dataDir)).toBe(0)
    expect(await gateway.stop()).toBe(0)
    expect(await healthcheck(release, gateway.dataDir)).toBe(1)
    await dispose()
    await storage.dispose()
  })
}

test('a release has all its files, and none of the sources', async ({ release }) => {
  const files = await readdir(release)
  expect(files).toEqual(expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY-LICENSES']))
  const all = await readdir(release, { recursive: true })
  expect(all.filter((name) => /\.tsx?$|node_modules|^\.env$/.test(name))).toEqual([])
  const licenses = await readFile(join(release, 'THIRD-PARTY-LICENSES'), 'utf8')
  for (const name of ['@electric-sql/pglite', 'react', 'pg']) expect(licenses).toContain(`\n${name} `)
})

test('a release is the command: with a verb it is the client, with `server` what it is without', async ({
  release,
}) => {
  const program = join(release, 'main.js')
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { cwd: release, env: { HOME: release }, encoding: 'utf8' })
  const { version } = JSON.parse(await readFile(join(release, 'package.json'), 'utf8')) as { version: string }
  expect(run('--version').stdout).toBe(`${version}\n`)
  expect(run('job', 'list')).toMatchObject({ status: 1, stdout: '' })
  expect(run('server', '--port', '1')).toMatchObject({ status: 1, stdout: '' })
  expect(run('no-such-verb').status).toBe(1)
  const lint = spawnSync(process.execPath, [program, 'lint', '-', '-o', 'name'], {
    env: { HOME: release },
    input: 'a: { script: x }',
    encoding: 'utf8',
  })
  expect(lint).toMatchObject({ status: 0, stdout: 'a\n' })

  const directory = await temporaryDirectory()
  const server = spawn(process.execPath, [program, 'server'], {
    cwd: directory.path,
    env: { PORT: '0', DATA_DIR: directory.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = output
    output += text
    // Once: a second signal would end it at once.
    if (output.includes('Register a runner') && !before.includes('Register a runner')) server.kill('SIGTERM')
  })
  const [code] = (await once(server, 'exit')) as [number | null]
  expect(output).toContain('Yardmaster is at')
  expect(code).toBe(0)
  await directory.dispose()
})

test('a release started on an old Node.js says which version it needs', async ({ release }) => {
  const { path, version } = plainPath()
  const { engines } = JSON.parse(await readFile(join(release, 'package.json'), 'utf8')) as { engines: { node: string } }
  const needed = Number(engines.node.replace('>=', ''))
  test.skip(Number.parseInt(version, 10) >= needed, `there is only Node.js ${version}`)
  const { status, stderr } = spawnSync('node', [join(release, 'main.js')], { env: { PATH: path }, encoding: 'utf8' })
  expect(stderr).toMatch(new RegExp(`^yardmaster \\S+ needs Node\\.js ${needed} or newer; this is v${version}\\.\\n$`))
  expect(status).toBe(1)
})

test('the demo of a release shows its jobs, and the start names it', async ({ release }) => {
  const { gateway, dispose } = await start(release)
  const [, command = ''] = /Watch sample jobs with: (.+)/.exec(gateway.output) ?? []
  expect(command).toContain(`node ${join(release, 'server/demo.js')}`)
  const demo = spawn('sh', ['-c', command], {
    env: { PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    // A Ctrl+C reaches all processes that it starts.
    detached: true,
  })
  let output = ''
  demo.stdout.setEncoding('utf8').on('data', (text: string) => {
    const before = output
    output += text
    if (output.includes('is submitted') && !before.includes('is submitted')) process.kill(-(demo.pid ?? 0), 'SIGINT')
  })
  await once(demo, 'close')
  expect(output).toMatch(/job \d+ is submitted/)
  expect(output).toContain('unregistered')
  await dispose()
})
