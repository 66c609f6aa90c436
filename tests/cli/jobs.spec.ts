import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './fixtures.ts'

test('jobs are listed, shown, canceled and tried again', async ({ yardmaster, createJob, project }) => {
  const id = await createJob({}, { name: 'wide 日本語 \u{1F600}' })
  const other = await createJob({}, { name: 'second' })
  const listed = await yardmaster(['job', 'list', '--project', project.path])
  expect(listed.status, listed.stderr).toBe(0)
  const [head, ...rows] = listed.stdout.trimEnd().split('\n')
  expect(head).toMatch(/^ID +STATUS +NAME +STAGE/)
  expect(rows.map((row) => row.split(/ {2,}/).slice(0, 3))).toEqual([
    [String(other), 'pending', 'second'],
    [String(id), 'pending', 'wide 日本語 \u{1F600}'],
  ])
  expect(listed.stderr).toBe('')

  const names = await yardmaster(['-o', 'name', 'job', 'list', '--project', String(project.id), '--oldest'])
  expect(names.stdout).toBe(`${id}\n${other}\n`)
  const lines = await yardmaster(['job', 'list', '-o', 'jsonl', '--project', project.path, '--limit', '1'])
  expect(JSON.parse(lines.stdout)).toMatchObject({ id: other, name: 'second' })
  expect(lines.stderr).toContain('--limit 2')

  const canceled = await yardmaster(['job', 'cancel', String(id)])
  expect(canceled.stdout).toMatch(/Status: +canceled/)
  const again = await yardmaster(['job', 'retry', String(id), '-o', 'json'])
  expect(JSON.parse(again.stdout)).toMatchObject({ retryOf: id })
  expect(again.stderr).toContain('yardmaster job log --follow')
  const shown = await yardmaster(['job', 'get', String(id), '--quiet'])
  expect(shown.stdout).toMatch(/Retried by: +\d+/)
})

test('a job says why it waits', async ({ yardmaster, createJob }) => {
  const id = await createJob({ tags: ['nobody-has-it'] })
  const why = await yardmaster(['job', 'why', String(id)])
  expect(why.status, why.stderr).toBe(0)
  expect(why.stdout).toContain(`Job ${id} is pending.`)
  const json = await yardmaster(['job', 'why', String(id), '-o', 'json'])
  expect(JSON.parse(json.stdout)).toMatchObject({ jobId: id, status: 'pending' })
})

test('what the server refuses is told in its words, with the next command to try', async ({ yardmaster, takenJob }) => {
  await takenJob.finish('success')
  const { status, stdout, stderr } = await yardmaster(['job', 'cancel', String(takenJob.id)])
  expect(stdout).toBe('')
  expect(stderr.trimEnd().split('\n').at(-1)).toBe(`Try: yardmaster job get ${takenJob.id}`)
  expect(status).toBe(2)

  const unknown = await yardmaster(['job', 'get', '999999999'])
  expect(unknown).toMatchObject({ status: 2, stdout: '' })
  expect(unknown.stderr).toMatch(/999999999[\s\S]*\nTry: yardmaster job list\n$/)

  const fields = await yardmaster(['job', 'list', '--status', 'sleeping'])
  expect(fields.status).toBe(2)
  expect(fields.stderr).toMatch(/^The server refused:\n {2}status: /)
})

test('artifacts are listed and saved, and files that exist stay', async ({ yardmaster, takenJob, configHome }) => {
  const id = String(takenJob.id)
  await takenJob.upload(Buffer.from('one\n'), {
    type: 'junit',
    format: 'gzip',
    filename: '../../evil\u001b[31m.xml.gz',
  })
  await takenJob.finish('success')
  const listed = await yardmaster(['job', 'artifacts', id])
  expect(listed.stdout).toMatch(/^TYPE +FILE +SIZE/)
  expect(listed.stdout).not.toContain('\u001b')

  const folder = join(configHome, 'saved')
  const saved = await yardmaster(['job', 'artifacts', id, '--download', folder])
  expect(saved.status, saved.stderr).toBe(0)
  const [name = ''] = await readdir(folder)
  expect(saved.stdout).toBe(`${join(folder, name)}\n`)
  expect(await readFile(join(folder, name), 'utf8')).toBe('one\n')

  await writeFile(join(folder, name), 'mine')
  const refused = await yardmaster(['job', 'artifacts', id, '--download', folder])
  expect(refused.status).toBe(1)
  expect(await readFile(join(folder, name), 'utf8')).toBe('mine')
  expect((await yardmaster(['job', 'artifacts', id, '--download', folder, '--replace'])).status).toBe(0)
  expect(await readFile(join(folder, name), 'utf8')).toBe('one\n')
  expect(await readdir(folder)).toEqual([name])

  await mkdir(join(configHome, 'empty'))
  const none = await yardmaster(['job', 'artifacts', id, '--type', 'archive', '-d', join(configHome, 'empty')])
  expect(none).toMatchObject({ status: 1, stdout: '' })
})
