import { expect, expectAccessible, test } from '../support/dashboard.ts'
import { end, numbered, row, start, textOf, toTop } from '../support/log-box.ts'

/** A stored line with a time stamp of a runner whose clock is years behind. */
const stamped = (time: string, text: string, channel = '01O ') => `2021-05-14T${time}Z ${channel}${text}\n`

/** Stored lines of a job that compiles silently for 68 seconds. */
const log = [
  stamped('11:43:19.000000', `${start('prepare', 100)}Preparing`, '00O '),
  stamped('11:43:20.500000', 'pulling'),
  stamped('11:43:21.000000', `${end('prepare', 102)}${start('compile', 102)}Compiling`),
  stamped('11:44:29.000000', 'main.c: a warning to be seen', '01E '),
  stamped('11:44:29.100000', 'linked'),
].join('')

test('times count from the first time stamp of the runner, and start with the job', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await open(`/jobs/${takenJob.id}`)
  await takenJob.say(log)
  const time = (line: number) => row(page, line).locator('.log-time')
  await expect(time(1)).toHaveText('0.0')
  await expect(time(4)).toHaveText('1:10.0')
  await page.reload()
  await expect(time(4)).toHaveText('1:10.0')
  await page.keyboard.press('t')
  const started = await page.evaluate(async (id) => {
    const reply = await fetch(`/trpc/jobs.get?input=${encodeURIComponent(JSON.stringify({ id }))}`)
    const { result } = (await reply.json()) as { result: { data: { startedAt: string } } }
    return new Date(result.data.startedAt).toTimeString().slice(0, 8)
  }, takenJob.id)
  await expect(time(1)).toHaveText(started)
})

test('a long time without output is shown at the line that ended it', async ({ dashboard: page, open, takenJob }) => {
  await open(`/jobs/${takenJob.id}`)
  await takenJob.say(log)
  await expect(row(page, 4).locator('[data-pause]')).toHaveText('68 s until here')
  await expect(page.locator('[data-pause]')).toHaveCount(1)
  await takenJob.finish('success')
  await page.reload()
  await expect(row(page, 4).locator('[data-pause]')).toHaveText('68 s until here')
  await expect(page.locator('[data-pause]')).toHaveCount(1)
})

test('lines of standard error are told apart, unless that is switched off', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(log)
  await open(`/jobs/${takenJob.id}`)
  const mark = row(page, 4).getByRole('img', { name: 'Standard error', exact: true })
  await expect(mark).toBeVisible()
  await expect(page.getByRole('img', { name: 'Standard error', exact: true })).toHaveCount(1)
  await expectAccessible(page)
  const choice = page.getByRole('menuitemcheckbox', { name: 'Mark standard error', exact: true })
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await choice.click()
  await expect(mark).toHaveCount(0)
  await page.reload()
  await expect(textOf(page, 5)).toHaveText('linked')
  await expect(mark).toHaveCount(0)
})

test('a log without time stamps has no times, pauses or channels', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(numbered(1, 3))
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 3)).toHaveText('n 3')
  await expect(page.locator('.log-time')).toHaveCount(0)
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await expect(page.getByRole('menuitem', { name: 'First line', exact: true })).toBeVisible()
  await expect(page.getByRole('menuitemcheckbox')).toHaveCount(0)
})

test('the slowest sections of a finished log lead to their lines', async ({ dashboard: page, open, takenJob }) => {
  const section = (name: string, from: number, to: number, lines = 0) =>
    `${start(name, from)}Stage ${name}\n${numbered(1, lines)}${end(name, to)}`
  await takenJob.say(
    [
      section('clone', 100, 103, 300),
      section('compile', 103, 233, 300),
      section('blink', 233, 233),
      section('test', 233, 300, 300),
      section('lint', 300, 310),
      section('pack', 310, 312),
      section('sweep', 312, 313),
    ].join(''),
  )
  await open(`/jobs/${takenJob.id}`)
  const slowest = page.getByRole('list', { name: 'Slowest sections', exact: true })
  await expect(page.getByRole('button', { name: 'Fold all sections', exact: true })).toBeVisible()
  await expect(slowest).toHaveCount(0)
  await takenJob.finish('success')
  await expect(slowest.getByRole('button')).toHaveText([
    'Stage compile02:10',
    'Stage test01:07',
    'Stage lint00:10',
    'Stage clone00:03',
    'Stage pack00:02',
  ])
  await page.reload()
  await slowest.getByRole('button', { name: 'Stage compile' }).click()
  await expect(row(page, 302)).toBeInViewport()
  await expect(textOf(page, 302)).toHaveText('Stage compile')
  await page.keyboard.press('z')
  await expect(page.getByRole('button', { name: 'Section Stage compile', exact: true })).toHaveAttribute(
    'aria-expanded',
    'false',
  )
  await expectAccessible(page)
  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await page.getByRole('menuitemcheckbox', { name: 'List slowest sections', exact: true }).click()
  await expect(slowest).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Fold all sections', exact: true })).toBeVisible()
  await toTop(page)
  await expect(slowest).toHaveCount(0)
})
