import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, NOT_LOGGED_IN, test } from './fixtures.ts'

test('pipelines are listed, shown, canceled and tried again', async ({ yardmaster, admin, project }) => {
  const { id } = await admin.mutate('pipelines.create', {
    projectId: project.id,
    content: 'build: { script: make }\ntest: { script: make test, needs: [build] }',
  })
  const listed = await yardmaster(['pipeline', 'list', '--project', project.path, '-o', 'name'])
  expect(listed, listed.stderr).toMatchObject({ status: 0, stdout: `${id}\n` })
  const shown = await yardmaster(['pipeline', 'get', String(id)])
  expect(shown.stdout).toMatch(new RegExp(`Pipeline: +${id}\n`))
  expect(shown.stdout).toMatch(/\n\d+ +pending +test +build/)
  const json = await yardmaster(['pipeline', 'get', String(id), '-o', 'json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ id, jobs: [{ name: 'build' }, { name: 'test' }] })
  const retried = await yardmaster(['pipeline', 'retry', String(id)])
  expect(retried).toMatchObject({ status: 2, stdout: '' })
  expect(retried.stderr).toContain(`Try: yardmaster pipeline get ${id}`)
  expect((await yardmaster(['pipeline', 'cancel', String(id)])).status).toBe(0)
  expect((await yardmaster(['pipeline', 'retry', String(id)])).status).toBe(0)
})

test('runners are created, paused, resumed and removed', async ({ yardmaster, gateway }) => {
  const made = await yardmaster([
    'runner',
    'create',
    '--description',
    'tab\u00a0and 日本',
    '--tag',
    'a',
    '--tag',
    'b',
    '-o',
    'json',
  ])
  expect(made.status, made.stderr).toBe(0)
  const { id, token } = JSON.parse(made.stdout) as { id: number; token: string }
  expect(token).toMatch(/^glrt-/)
  expect(made.stderr).toContain(`--url ${gateway.url} --token ${token}`)
  const listed = await yardmaster(['runner', 'list', '--tag', 'a', '--search', '日本'])
  expect(listed.stdout).toContain('a,b')
  expect((await yardmaster(['runner', 'pause', String(id)])).stdout).toMatch(/Status: +\w+, paused/)
  expect((await yardmaster(['runner', 'resume', String(id)])).stdout).not.toContain('paused')
  const unconfirmed = await yardmaster(['runner', 'remove', String(id), '--no-input'])
  expect(unconfirmed).toMatchObject({ status: 1, stdout: '' })
  expect(unconfirmed.stderr).toContain(`Try: yardmaster runner remove --yes ${id}`)
  expect((await yardmaster(['runner', 'remove', '--yes', String(id)])).status).toBe(0)
  expect((await yardmaster(['runner', 'get', String(id)])).status).toBe(2)
})

for (const args of [
  ['job'],
  ['no-such-verb'],
  ['job', 'list', '--no-such-option'],
  ['job', 'get'],
  ['job', 'get', '1', '2'],
  ['job', 'get', 'seven'],
  ['job', 'list', '-o', 'yaml'],
  ['job', 'list', '--limit', '0'],
  ['job', 'list', '--timeout', 'never'],
  ['lint', 'no-such-file.yml'],
  ['completion', 'tcsh'],
  ['server', '--port', '80'],
]) {
  test(`exits with 1, and says so: yardmaster ${args.join(' ')}`, async ({ yardmaster }) => {
    const { status, stdout, stderr } = await yardmaster(args)
    expect(status, stderr).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).not.toBe('')
    expect(stderr).not.toContain('This is a bug')
  })
}

test('help and the version are data', async ({ yardmaster }) => {
  for (const args of [['--help'], ['job', 'log', '--help'], ['help', 'job'], ['--version']]) {
    const { status, stdout, stderr } = await yardmaster(args)
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' })
    expect(stdout).not.toBe('')
  }
})

test('bash completes verbs and options', async ({ yardmaster, configHome }) => {
  const { stdout } = await yardmaster(['completion', 'bash'])
  const file = join(configHome, 'completion.bash')
  await writeFile(file, stdout)
  const complete = (...words: string[]): string[] => {
    const line = `source ${file}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _yardmaster; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['--noprofile', '--norc', '-c', line], { encoding: 'utf8' }).stdout.trim().split('\n')
  }
  expect(complete('yardmaster', 'l')).toEqual(['login', 'logout', 'lint'])
  expect(complete('yardmaster', 'job', 'lo')).toEqual(['log'])
  expect(complete('yardmaster', 'job', 'log', '7', '--f')).toEqual(['--follow'])
  expect(complete('yardmaster', '-q', 'runner', 'p')).toEqual(['pause'])
  for (const shell of ['zsh', 'fish', 'powershell']) {
    const script = await yardmaster(['completion', shell], { env: NOT_LOGGED_IN })
    expect(script.status).toBe(0)
    expect(script.stdout).toContain('artifacts')
  }
})
