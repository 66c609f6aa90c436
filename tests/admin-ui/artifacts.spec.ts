import { expect, test } from '../support/dashboard.ts'
import { zipOf } from '../support/zip.ts'

test('artifacts are listed, browsed and downloaded, whole or file by file', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const archive = zipOf([
    { name: 'out/deep/result.txt', bytes: 'forty-two\n' },
    { name: 'readme.md', bytes: '# hello\n' },
  ])
  expect((await takenJob.upload(archive, { filename: 'all.zip' })).status).toBe(201)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const artifacts = page.getByRole('region', { name: 'Artifacts', exact: true })
  await expect(artifacts).toContainText('all.zip')
  const whole = page.waitForEvent('download')
  await artifacts.getByRole('link', { name: 'Download all.zip', exact: true }).click()
  expect((await whole).suggestedFilename()).toBe('all.zip')

  await expect(artifacts).toContainText(/expires in (29|30) days/)
  await artifacts.getByRole('button', { name: 'Keep', exact: true }).click()
  await expect(artifacts).toContainText('kept')

  await artifacts.getByRole('button', { name: 'Browse', exact: true }).click()
  await expect(artifacts.getByRole('link', { name: 'readme.md', exact: true })).toBeVisible()
  await artifacts.getByRole('button', { name: 'out/', exact: true }).click()
  await artifacts.getByRole('button', { name: 'deep/', exact: true }).click()
  const one = page.waitForEvent('download')
  await artifacts.getByRole('link', { name: 'result.txt', exact: true }).click()
  expect((await one).suggestedFilename()).toBe('result.txt')
  await artifacts.getByRole('button', { name: 'archive', exact: true }).click()
  await expect(artifacts.getByRole('link', { name: 'readme.md', exact: true })).toBeVisible()
})

test('a directory of many files is shown a page at a time', async ({ dashboard: page, open, takenJob }) => {
  const files = Array.from({ length: 450 }, (_, n) => ({ name: `out/file ${String(n).padStart(3, '0')}` }))
  expect((await takenJob.upload(zipOf(files), { filename: 'all.zip' })).status).toBe(201)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const artifacts = page.getByRole('region', { name: 'Artifacts', exact: true })
  await artifacts.getByRole('button', { name: 'Browse', exact: true }).click()
  await artifacts.getByRole('button', { name: 'out/', exact: true }).click()
  const links = artifacts.getByRole('list', { name: 'Files in out/', exact: true }).getByRole('link')
  const more = artifacts.getByRole('button', { name: 'Show more', exact: true })
  await expect(links).toHaveCount(200)
  await more.click()
  await expect(links).toHaveCount(400)
  await more.click()
  await expect(links).toHaveCount(450)
  await expect(links.last()).toHaveText('file 449')
  await expect(more).toBeHidden()
})
