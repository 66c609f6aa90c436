import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin } from '../support/admin.ts'
import { temporaryDirectory } from '../support/gateway.ts'
import { gitIn, writableAddress } from '../support/git.ts'
import { test as base, expect } from './fixtures.ts'

const CONFIGURATION = `
stages: [build, test, deploy]
build: { stage: build, script: [make], artifacts: { paths: [out] } }
unit: { stage: test, script: [make check] }
style: { stage: test, script: [make lint], needs: [] }
deploy: { stage: deploy, script: [make install], when: manual }
`

/** Requests for a job: the command needs seconds to make one on a busy machine. */
const PATIENT = 100

interface Checkout {
  readonly folder: string
  readonly home: string
  readonly git: (...args: readonly string[]) => Promise<string>
  /** Writes files below the checkout. */
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>
}

const test = base.extend<{ checkout: Checkout }>({
  /** A clone of the project's own repository, whose configuration was pushed. */
  checkout: async ({ gateway, admin, project }, use) => {
    const directory = await temporaryDirectory('yardmaster-checkout-')
    await use(await makeCheckout(directory.path, admin, { url: gateway.url, project }))
    await directory.dispose()
  },
})

async function makeCheckout(
  home: string,
  admin: Admin,
  { url, project }: { url: string; project: { id: number; path: string } },
): Promise<Checkout> {
  const run = gitIn(home)
  await run('.', 'init', '--quiet', '--initial-branch', 'main', 'work')
  const folder = join(home, 'work')
  const git: Checkout['git'] = (...args) => run('work', ...args)
  const write: Checkout['write'] = async (files) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(folder, path, '..'), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }
  await write({ '.gitlab-ci.yml': CONFIGURATION, '.gitignore': 'out/\n', 'src/main.c': 'int main;\n', 'gone.txt': 'x' })
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'Light the lamp')
  await git('remote', 'add', 'origin', await writableAddress(admin, { url, project }))
  await git('push', '--quiet', '-o', 'ci.skip', 'origin', 'main')
  return { folder, home, git, write }
}

/** Returns a digest of every file below a folder. */
async function digestOf(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const digests = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name)
        return [
          path,
          createHash('sha256')
            .update(await readFile(path))
            .digest('hex'),
        ] as const
      }),
  )
  return Object.fromEntries(digests.sort())
}

test('a working tree is run as it is, and its repository stays as it was', async ({
  start,
  register,
  admin,
  gateway,
  project,
  checkout,
}) => {
  const { folder, git, write } = checkout
  await write({ 'src/main.c': 'int changed;\n', 'src/new.c': 'int untracked;\n', 'out/ignored.o': 'x' })
  await rm(join(folder, 'gone.txt'))
  await write({ 'staged.txt': 'staged\n' })
  await git('add', 'staged.txt')
  const before = await digestOf(folder)
  const runner = await register()
  const running = start(['run', 'unit', '--var', 'DEPTH=12'], { cwd: folder })
  const build = await runner.take(PATIENT)
  expect(build.payload.job_info.name).toBe('build')
  expect(build.payload.variables).toContainEqual(expect.objectContaining({ key: 'DEPTH', value: '12' }))
  const { sha, ref } = build.payload.git_info
  expect(ref).toBe('main')
  const address = `${gateway.url.replace('://', `://gitlab-ci-token:${build.payload.token}@`)}/${project.path}.git`
  await git('init', '--quiet', '../runner')
  const fetched = gitIn(checkout.home)
  await fetched('runner', 'fetch', '--quiet', address, ...build.payload.git_info.refspecs)
  const tree = await fetched('runner', 'ls-tree', '-r', '--name-only', sha)
  expect(tree.split('\n')).toEqual(['.gitignore', '.gitlab-ci.yml', 'src/main.c', 'src/new.c', 'staged.txt'])
  expect(await fetched('runner', 'show', `${sha}:src/main.c`)).toBe('int changed;')
  expect(await fetched('runner', 'log', '--format=%an %s', '--max-count=1', sha)).toMatch(
    /^\S+ Working tree at [0-9a-f]{8}: Light the lamp$/,
  )
  expect(await fetched('runner', 'rev-parse', `${sha}^`)).toBe(await git('rev-parse', 'HEAD'))

  await build.say('compiling\n')
  await expect.poll(running.stdout).toBe('build | compiling\n')
  await build.say('half a ')
  await build.say('line\n')
  await build.finish('success')
  const unit = await runner.take(PATIENT)
  expect(unit.payload.job_info.name).toBe('unit')
  await unit.say('1 of 1 passed\n')
  await unit.finish('success')
  const { status, stdout, stderr } = await running.ended
  expect(stderr).toContain('Running main in')
  expect(stderr).toContain(`with 4 changed files`)
  expect(stderr).toMatch(/build: success after \d+ s\./)
  expect(stdout).toBe('build | compiling\nbuild | half a line\nunit  | 1 of 1 passed\n')
  expect(status, stderr).toBe(0)
  expect(await digestOf(folder)).toEqual(before)

  const { items } = await admin.query('pipelines.list', { projectId: project.id })
  expect(items).toMatchObject([{ ref: 'main', sha, protected: false, source: 'push', run: expect.any(String) }])
})

test('nothing but what the server lacks is sent, and a tree without changes is its commit', async ({
  yardmaster,
  admin,
  project,
  checkout,
}) => {
  const { folder, git, write } = checkout
  await write({ 'large.bin': randomBytes(300_000).toString('base64') })
  const repositories = async () => (await admin.query('repositories.get', { projectId: project.id })).size
  expect((await yardmaster(['run', '--detach', '-q'], { cwd: folder })).status).toBe(0)
  const once = await repositories()
  expect(once).toBeGreaterThan(300_000)
  await write({ 'src/main.c': 'int again;\n' })
  expect((await yardmaster(['run', '--detach', '-q'], { cwd: folder })).status).toBe(0)
  expect((await repositories()) - once).toBeLessThan(100_000)

  await git('add', '.')
  await git('commit', '--quiet', '--message', 'All of it')
  const { status, stdout, stderr } = await yardmaster(['run', '--detach'], { cwd: folder })
  expect(status, stderr).toBe(0)
  const pipeline = await admin.query('pipelines.get', { id: Number(stdout) })
  expect(pipeline).toMatchObject({ sha: await git('rev-parse', 'HEAD'), commitTitle: 'All of it' })
})

test('a job that fails ends the run with 3', async ({ start, register, checkout }) => {
  const runner = await register()
  const running = start(['run', 'style', '--json'], { cwd: checkout.folder })
  const job = await runner.take(PATIENT)
  await job.say('bad style\n')
  await job.finish('failed', { failureReason: 'script_failure', exitCode: 1 })
  const { status, stdout, stderr } = await running.ended
  expect(status, stderr).toBe(3)
  expect(stderr).toContain('style | bad style')
  expect(stderr).toContain(`style failed: yardmaster job log ${job.id}`)
  expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', jobs: [{ name: 'style', status: 'failed' }] })
})

test('Ctrl+C cancels the pipeline, and waits for what its jobs still say', async ({
  start,
  register,
  admin,
  checkout,
}) => {
  const runner = await register()
  const running = start(['run', 'style'], { cwd: checkout.folder })
  const job = await runner.take(PATIENT)
  await job.say('working\n')
  await expect.poll(running.stdout).toBe('style | working\n')
  running.child.kill('SIGINT')
  await expect.poll(running.stderr).toContain('Press Ctrl+C again to leave at once.')
  await expect.poll(async () => (await admin.query('jobs.get', { id: job.id })).status).toBe('canceling')
  await job.say('cleaning up\n')
  await job.finish('failed', { failureReason: 'job_canceled' })
  const { status, stdout } = await running.ended
  expect(stdout).toBe('style | working\nstyle | cleaning up\n')
  expect(status).toBe(130)
})

test('a manual job is started when it is named, and otherwise waits for a person', async ({
  start,
  register,
  checkout,
}) => {
  const runner = await register()
  const { folder, write } = checkout
  await write({ '.gitlab-ci.yml': 'deploy: { script: [x], when: manual }\ntest: { script: [x], needs: [] }\n' })
  const named = start(['run', 'deploy'], { cwd: folder })
  const job = await runner.take(PATIENT)
  expect(job.payload.job_info.name).toBe('deploy')
  await job.finish('success')
  expect((await named.ended).status).toBe(0)
  const all = start(['run'], { cwd: folder })
  await (await runner.take(PATIENT)).finish('success')
  const { status, stderr } = await all.ended
  expect(status, stderr).toBe(0)
  expect(stderr).toMatch(/deploy can be started: yardmaster job play \d+/)
})

test('a run that is killed leaves the repository as it was', async ({ start, checkout }) => {
  const { folder, write } = checkout
  await write({ 'large.txt': 'x\n'.repeat(200_000), 'src/main.c': 'int killed;\n' })
  const before = await digestOf(folder)
  for (const said of ['', 'Running main', 'Pipeline ']) {
    const running = start(['run'], { cwd: folder })
    await expect.poll(running.stderr).toContain(said)
    running.child.kill('SIGKILL')
    await running.ended
    expect(await digestOf(folder)).toEqual(before)
  }
})

test('what cannot be run is refused with a sentence', async ({ yardmaster, checkout, configHome }) => {
  const { folder, git, write } = checkout
  const refused = async (args: readonly string[], cwd = folder) => {
    const { status, stdout, stderr } = await yardmaster(['run', ...args], { cwd })
    expect(stdout).toBe('')
    return `${status} ${stderr}`
  }
  expect(await refused([], configHome)).toContain(`1 ${configHome} is in no working tree of git.`)
  expect(await refused(['--project', 'no/such'])).toContain('1 There is no project no/such.')
  expect(await refused(['--file', 'none.yml'])).toContain('1 none.yml cannot be read')
  expect(await refused(['compile'])).toMatch(/\n?configuration: jobs: the pipeline has no job "compile"/)
  await write({ '.gitlab-ci.yml': 'build:\n  script: [x]\n  stage: nowhere\n' })
  expect(await refused([])).toMatch(/\.gitlab-ci\.yml.*build job: chosen stage/s)
  await rm(join(folder, '.gitlab-ci.yml'))
  expect(await refused([])).toMatch(/^2 .*\nMissing CI config file: the commit/)
  await git('remote', 'remove', 'origin')
  expect(await refused([])).toContain('Try: yardmaster run --project GROUP/NAME')
})

test('a tree that is too large is refused before it is sent', async ({ startGateway, start }) => {
  const gateway = await startGateway({ env: { MAX_RUN_MIB: '1' } })
  const admin = new Admin(gateway.url, { token: gateway.adminToken })
  const project = await admin.mutate('projects.create', { path: 'yard/small' })
  const directory = await temporaryDirectory('yardmaster-checkout-')
  try {
    const { folder, write } = await makeCheckout(directory.path, admin, { url: gateway.url, project })
    const env = { YARDMASTER_URL: gateway.url, YARDMASTER_TOKEN: gateway.adminToken }
    await write({ 'large.bin': randomBytes(1_500_000).toString('latin1') })
    const { status, stderr } = await start(['run'], { cwd: folder, env }).ended
    expect(status, stderr).toBe(1)
    expect(stderr).toContain('more than 1.0 MiB, which is the most that it takes')
    expect((await admin.query('pipelines.list', { projectId: project.id })).items).toEqual([])
  } finally {
    await directory.dispose()
  }
})

test('a shallow clone and a folder in it are run as well, repositories inside are left out', async ({
  yardmaster,
  admin,
  checkout,
}) => {
  const { home, folder, git, write } = checkout
  await write({ 'a.txt': '1\n' })
  await git('add', '.')
  await git('commit', '--quiet', '--message', 'Not pushed')
  await write({ 'a.txt': '2\n' })
  await git('commit', '--quiet', '--all', '--message', 'Not pushed either')
  const run = gitIn(home)
  await run('.', 'clone', '--quiet', '--depth', '1', `file://${folder}`, 'shallow')
  await run('shallow', 'remote', 'set-url', 'origin', await git('remote', 'get-url', 'origin'))
  await run('.', 'init', '--quiet', 'shallow/src/inner')
  await run('shallow/src/inner', 'commit', '--quiet', '--allow-empty', '--message', 'Inner')
  const { status, stdout, stderr } = await yardmaster(['run', '--detach'], { cwd: join(home, 'shallow/src') })
  expect(status, stderr).toBe(0)
  expect(stderr).toContain('src/inner is left out: it is a repository of its own.')
  expect(stderr).toContain('This is a shallow clone')
  const pipeline = await admin.query('pipelines.get', { id: Number(stdout) })
  expect(pipeline).toMatchObject({ ref: 'main', commitTitle: expect.stringMatching(/^Working tree at/) })
})
