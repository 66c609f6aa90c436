import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { workDeliveries } from '@yardmaster/domain/hooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from '../testing/test-gateway.ts'

const run = promisify(execFile)

let gateway: TestGateway
let folder: string

beforeAll(async () => {
  gateway = await startTestGateway()
  folder = await mkdtemp(join(tmpdir(), 'post-receive-'))
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

it('the documented script tells of everything that is pushed, with a real Git', async () => {
  const { id: projectId } = await gateway.admin<{ id: number }>('mutation', 'projects.create', { path: 'hooks/script' })
  const { secret } = await gateway.admin<{ secret: string }>('mutation', 'hooks.rotateSecret', { projectId })
  const docs = await readFile(new URL('../../../../docs/hooks.md', import.meta.url), 'utf8')
  const script = (/```text\n(#!\/bin\/sh\n.*?)```/s.exec(docs)?.[1] ?? '')
    .replace(/^url=.*$/m, () => `url='${gateway.url}/hooks/${projectId}/git'`)
    .replace(/^token=.*$/m, () => `token='${secret}'`)
  const [bare, work] = [join(folder, 'bare.git'), join(folder, 'work')]
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', no_proxy: '*' }
  const git = async (...args: string[]) =>
    (await run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { env })).stdout.trim()
  const inWork = (...args: string[]) => git('-C', work, ...args)
  await git('init', '-q', '--bare', bare)
  await git('-C', bare, 'config', 'receive.advertisePushOptions', 'true')
  await writeFile(join(bare, 'hooks/post-receive'), script, { mode: 0o755 })
  await git('init', '-q', '-b', 'main', work)
  await inWork('commit', '-q', '--allow-empty', '-m', 'first')
  await inWork('tag', '-a', 'v1', '-m', 'a tag')
  await inWork('branch', 'quiet')
  await inWork('commit', '-q', '--allow-empty', '-m', 'second [skip ci]')
  await inWork('push', '-q', '-o', 'ci.variable=A=b c', bare, 'main', 'v1', 'quiet')
  await workDeliveries(gateway.services)

  const [delivery] = await gateway.services.hooks.list({ projectId, limit: 10 })
  expect(delivery).toMatchObject({ kind: 'git', outcome: 'skipped' })
  expect(delivery?.message?.split('\n').sort()).toEqual([
    'main: The message of the commit wants no pipeline.',
    'quiet: The project has no configuration at this commit.',
    'v1: The project has no configuration at this commit.',
  ])
  const taken = await gateway.services.hooks.take(delivery?.id ?? 0, { leaseMs: 1_000, approving: false })
  if (taken === null || typeof taken === 'string' || taken.payload === 'damaged') throw new Error('not taken')
  const commit = await inWork('rev-parse', 'v1^{commit}')
  expect(taken.payload.body).toMatchObject({
    options: ['ci.variable=A=b c'],
    changes: expect.arrayContaining([{ before: '0'.repeat(40), after: commit, ref: 'refs/tags/v1', skip: false }]),
  })
})
