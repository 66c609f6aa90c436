import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'
import { temporaryDirectory } from '../support/gateway.ts'
import { gitIn, writableAddress } from '../support/git.ts'

const ROUNDS = 3

test('kill -9 in the middle of pushes: none that was answered is lost, each starts one pipeline, and the repository is whole', async ({
  startGateway,
  storage,
}) => {
  const [data, home] = [await freshDataDir(storage.env), await temporaryDirectory()]
  const git = gitIn(home.path)
  await git('.', 'init', '--quiet', '--initial-branch=main', 'work')
  await writeFile(join(home.path, 'work', '.gitlab-ci.yml'), 'test: { script: [make] }\n')
  await git('work', 'add', '.')
  const answered = new Map<string, string>()
  let pushes = 0
  for (let round = 0; round < ROUNDS; round++) {
    const gateway = await startGateway({ dataDir: data.path, env: { ...storage.env } })
    const admin = new Admin(gateway.url, { token: gateway.adminToken })
    const known = await admin.query('projects.list', { search: 'pushed/again' })
    const project = known.items[0] ?? (await admin.mutate('projects.create', { path: 'pushed/again' }))
    const address = await writableAddress(admin, { url: gateway.url, project })
    if (answered.size > 0) {
      const listed = await git('work', 'ls-remote', '--heads', address)
      for (const [branch, sha] of answered) expect(listed).toContain(`${sha}\trefs/heads/${branch}`)
      await git('.', 'clone', '--quiet', '--mirror', address, `copy-${round}`)
      await git(`copy-${round}`, 'fsck', '--full', '--strict')
    }
    const before = answered.size
    const pushing = (async () => {
      for (;;) {
        const branch = `branch-${++pushes}`
        await git('work', 'commit', '--quiet', '--allow-empty', '-m', branch)
        const sha = await git('work', 'rev-parse', 'HEAD')
        const isAnswered = await git('work', 'push', '--quiet', address, `HEAD:refs/heads/${branch}`).then(
          () => true,
          () => false,
        )
        if (!isAnswered) return
        answered.set(branch, sha)
      }
    })()
    await expect.poll(() => answered.size).toBeGreaterThan(before + 1)
    await gateway.kill()
    await pushing
  }
  const last = await startGateway({ dataDir: data.path, env: { ...storage.env } })
  const admin = new Admin(last.url, { token: last.adminToken })
  const { items } = await admin.query('projects.list', { search: 'pushed/again' })
  const [project] = items
  if (!project) throw new Error('the project is gone')
  const listed = await git('work', 'ls-remote', '--heads', await writableAddress(admin, { url: last.url, project }))
  for (const [branch, sha] of answered) expect(listed).toContain(`${sha}\trefs/heads/${branch}`)
  const shas = async () => {
    const made: string[] = []
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await admin.query('pipelines.list', { projectId: project.id, limit: 100, cursor })
      made.push(...page.items.map(({ sha }) => sha ?? ''))
      cursor = page.nextCursor
    }
    return made
  }
  await expect.poll(shas).toEqual(expect.arrayContaining([...answered.values()]))
  const made = await shas()
  expect(made).toHaveLength(new Set(made).size)
  await last.stop()
  await Promise.all([data.dispose(), home.dispose()])
})
