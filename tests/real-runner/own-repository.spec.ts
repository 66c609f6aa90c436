import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from '../support/gateway.ts'
import { gitIn, writableAddress } from '../support/git.ts'
import { expect, plain, serve, test } from '../support/real-fixtures.ts'

test('a runner builds what was pushed here, also when its branch has moved on', async ({
  real,
  gateway,
  admin,
  project,
  over,
}) => {
  const home = await temporaryDirectory()
  const git = gitIn(home.path)
  const commit = async (text: string) => {
    await writeFile(join(home.path, 'made.txt'), text)
    await git('.', 'add', '--all')
    await git('.', 'commit', '--quiet', '-m', text)
    return await git('.', 'rev-parse', 'HEAD')
  }
  const address = await writableAddress(admin, { url: gateway.url, project })
  await git('.', 'init', '--quiet', '--initial-branch=main')
  const first = await commit('the first')
  await git('.', 'push', '--quiet', address, 'main')
  for (let later = 0; later < 25; later++) await commit(`later ${later}`)
  await git('.', 'push', '--quiet', address, 'main')

  await serve(real, gateway.url, project)
  await writeFile(join(home.path, '.gitlab-ci.yml'), 'show: { script: [cat made.txt] }')
  const pushed = await commit('pushed to be built')
  await git('.', 'push', '--quiet', address, 'main')
  const [made] = (await admin.query('pipelines.list', { projectId: project.id })).items
  expect(made).toMatchObject({ sha: pushed, source: 'push' })
  const [shown] = (await admin.query('jobs.list', { pipelineId: made?.id })).items
  expect(await over(shown?.id ?? 0)).toMatchObject({ status: 'success' })
  expect(plain(await admin.log(shown?.id ?? 0))).toMatch(/^pushed to be built/m)

  const { jobs } = await admin.mutate('pipelines.create', {
    projectId: project.id,
    ref: 'main',
    sha: first,
    content: 'build: { script: [cat made.txt, git log -1 --format=%H, git remote -v] }',
  })
  const id = jobs[0]?.id ?? 0
  expect(await over(id)).toMatchObject({ status: 'success' })
  const log = plain(await admin.log(id))
  expect(log).toMatch(/^the first/m)
  expect(log).toContain(first)
  expect(log).not.toContain('ympt-')
  await home.dispose()
})
