import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test as base, expect, NOT_LOGGED_IN } from './fixtures.ts'

const test = base.extend<{ tree: { path: string; write: (files: Record<string, string>) => Promise<void> } }>({
  tree: async ({ configHome }, use) => {
    const path = join(configHome, 'tree')
    const write = async (files: Record<string, string>) => {
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true })
        await writeFile(join(path, name), text)
      }
    }
    await mkdir(path)
    await use({ path, write })
  },
})

const env = NOT_LOGGED_IN

const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd, stdio: 'pipe' })

const TEXT = `include: ci/test.yml
build:
  script: make
package:
  script: make package
  rules:
    - exists: [docker/*]
`

test('a configuration is checked with the files around it, as git knows them', async ({ tree, yardmaster }) => {
  await tree.write({
    '.gitlab-ci.yml': TEXT,
    'ci/test.yml': 'test: { script: make test, rules: [{ if: $CI_COMMIT_BRANCH == "topic/one" }] }',
    'docker/ignored': '',
    '.gitignore': 'docker\n',
  })
  const names = ['lint', '-o', 'name']
  const without = await yardmaster(names, { env, cwd: tree.path })
  expect(without, without.stderr).toMatchObject({ status: 0, stdout: 'build\npackage\n' })
  git(tree.path, 'init', '-q', '-b', 'topic/one')
  expect((await yardmaster(names, { env, cwd: tree.path })).stdout).toBe('test\nbuild\n')
  await writeFile(join(tree.path, '.gitignore'), '')
  expect((await yardmaster(names, { env, cwd: tree.path })).stdout).toBe('test\nbuild\npackage\n')
  // Paths begin at the top folder, wherever the command runs.
  const below = await yardmaster(['lint', '-o', 'name', '--ref', 'main', '../.gitlab-ci.yml'], {
    env,
    cwd: join(tree.path, 'ci'),
  })
  expect(below.stdout).toBe('build\npackage\n')
})

test('faults have their place and end with 1', async ({ tree, yardmaster }) => {
  await tree.write({ '.gitlab-ci.yml': 'include: a.yml\nbuild:\n  scrpt: make\n', 'a.yml': 'x: { script: y }' })
  const { status, stdout, stderr } = await yardmaster(['lint'], { env, cwd: tree.path })
  expect(stdout).toMatch(/^\.gitlab-ci\.yml:2:1: error: /)
  expect(stderr).toContain('makes no pipeline')
  expect(status).toBe(1)
  const json = await yardmaster(['lint', '--json'], { env, cwd: tree.path })
  expect(JSON.parse(json.stdout)).toMatchObject({ valid: false, errors: [{ line: 2, file: null }] })
  await tree.write({ 'a.yml': '\nx: { scrpt: y }' })
  await tree.write({ '.gitlab-ci.yml': 'include: a.yml\n' })
  expect((await yardmaster(['lint'], { env, cwd: tree.path })).stdout).toMatch(/^a\.yml:2:1: error: /)
})

test('it says the same as the server', async ({ tree, yardmaster, admin }) => {
  const content =
    'stages: [b]\nx: { stage: b, script: [y], parallel: 2, rules: [{ if: $CI_PIPELINE_SOURCE == "push" }] }\n'
  await tree.write({ '.gitlab-ci.yml': content })
  const { stdout } = await yardmaster(['lint', '--json', '--ref', 'main'], { env, cwd: tree.path })
  const there = await admin.query('pipelines.lint', { content, ref: 'main', source: 'push', files: {} })
  expect(JSON.parse(stdout)).toEqual(there)
  const merged = await yardmaster(['lint', '--merged'], { env, cwd: tree.path })
  expect(merged, merged.stderr).toMatchObject({ status: 0, stdout: there.merged })
  const input = await yardmaster(['lint', '-', '-o', 'name'], { env, input: 'z: { script: y }' })
  expect(input.stdout).toBe('z\n')
})

test('what a server alone can read is asked there when there is one', async ({ tree, yardmaster, admin }) => {
  await tree.write({
    '.gitlab-ci.yml': 'include: [http://127.0.0.1:1/x.yml, b.yml]\nx: { script: y }\n',
    'b.yml': 'b: { script: b }',
  })
  const offline = await yardmaster(['lint'], { env, cwd: tree.path })
  expect(offline.status).toBe(1)
  expect(offline.stderr).toContain('include:remote http://127.0.0.1:1/x.yml cannot be read offline.')
  expect(offline.stderr).toContain('yardmaster login')
  const online = await yardmaster(['lint'], { cwd: tree.path })
  expect(online.stderr).toContain('Checked by')
  expect(online.stdout).not.toContain('without a server')
  expect(online.status).toBe(1)
  expect((await yardmaster(['lint', '--offline'], { cwd: tree.path })).stdout).toContain('without a server')
  await tree.write({ '.gitlab-ci.yml': 'include: b.yml\nx: { script: y, rules: [{ if: $ONLY == "here" }] }' })
  const { path } = await admin.mutate('projects.create', {
    path: 'lint-there',
    variables: [{ key: 'ONLY', value: 'here' }],
  })
  const there = await yardmaster(['lint', '-o', 'name', '--project', path], { cwd: tree.path })
  expect(there, there.stderr).toMatchObject({ status: 0, stdout: 'b\nx\n' })
})

test('links are not followed out of the tree', async ({ tree, yardmaster, configHome }) => {
  await writeFile(join(configHome, 'secret.yml'), 'secret: { script: x }')
  await tree.write({ '.gitlab-ci.yml': 'include: link.yml\n' })
  await symlink('../secret.yml', join(tree.path, 'link.yml'))
  const { status, stdout } = await yardmaster(['lint'], { env, cwd: tree.path })
  expect(stdout).not.toContain('secret:')
  expect(status).toBe(1)
})
