import { expect, expectAccessible, test } from '../support/dashboard.ts'
import { end, numbered, row, start, textOf, toTop } from '../support/log-box.ts'

const RED = '\u001b[31;1m'
const PLAIN = '\u001b[0m'
const quote = 'failure-quote'

/** What a runner prints after a script that failed. */
const afterwards = [
  `${end('step_script', 160)}${start('after_script', 160)}Running after_script`,
  numbered(1, 100).trimEnd(),
  `${end('after_script', 161)}${start('cleanup_file_variables', 161)}Cleaning up project directory`,
  `${end('cleanup_file_variables', 162)}${RED}ERROR: Job failed: exit status 1`,
  PLAIN,
].join('\n')

test('a failed job opens at what failed, even in a section that the script asked to fold', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(
    [
      `${start('step_script', 100)}Executing the script`,
      numbered(2, 300).trimEnd(),
      `${start('compile', 110, '[collapsed=true]')}Compiling`,
      'src/main.c:12:3: error: out of oil',
      'make: *** [Makefile:3: all] Error 2',
      '',
    ].join('\n') + afterwards,
  )
  await takenJob.finish('failed')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 303)).toHaveText('make: *** [Makefile:3: all] Error 2')
  await expect(textOf(page, 303)).toBeInViewport()
  await expect(page.getByRole('button', { name: 'Section Compiling', exact: true })).toHaveAttribute(
    'aria-expanded',
    'true',
  )
  await expect(page.getByTestId(quote).getByRole('link')).toHaveText([
    'Compiling',
    'src/main.c:12:3: error: out of oil',
    'make: *** [Makefile:3: all] Error 2',
  ])
  await page.keyboard.press('Shift+G')
  await expect(textOf(page, 303)).not.toBeInViewport()
  await page.getByTestId(quote).getByRole('link', { name: 'src/main.c:12:3: error: out of oil', exact: true }).click()
  await expect(page).toHaveURL(/#L302$/)
  await expect(row(page, 302)).toHaveClass(/log-marked/)
  await expect(row(page, 302)).toBeInViewport()
  await expectAccessible(page)
})

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } })

  test('the last lines of what failed are seen without scrolling', async ({ dashboard: page, open, takenJob }) => {
    await takenJob.say(`${start('step_script', 100)}Executing the script\none\nfatal: out of oil\n${afterwards}`)
    await takenJob.finish('failed')
    await open(`/jobs/${takenJob.id}`)
    await expect(page.getByTestId(quote).getByRole('link', { name: 'fatal: out of oil', exact: true })).toBeInViewport()
  })
})

test('a job that passed opens at its end', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(numbered(1, 500))
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 500)).toBeInViewport()
  await expect(page.getByTestId(quote)).toHaveCount(0)
})

test('errors and warnings are marked by their words, and what is merely red only in failed jobs', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  const log = `fatal: out of oil\nwarning: dim\n${RED}- lantern${PLAIN}\nplain\n${numbered(5, 300)}error: late\n`
  await takenJob.say(log)
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 301)).toBeInViewport()
  await toTop(page)
  const severities = async () =>
    await Promise.all([1, 2, 3, 4].map((line) => row(page, line).getAttribute('data-severity')))
  await expect.poll(severities).toEqual(['error', 'warning', 'red', null])
  await expect(page.getByRole('button', { name: 'Next of 1 warning', exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Next of 2 errors', exact: true }).click()
  await page.getByRole('button', { name: 'Next of 2 errors', exact: true }).click()
  await expect(textOf(page, 301)).toBeInViewport()

  await takenJob.finish('failed')
  await expect(page.getByRole('button', { name: 'Next of 3 errors', exact: true })).toBeVisible()
  await toTop(page)
  await expect.poll(severities).toEqual(['error', 'warning', 'error', null])

  await page.getByRole('button', { name: 'More log actions', exact: true }).click()
  await page.getByRole('menuitemradio', { name: 'Mark nothing', exact: true }).click()
  await expect.poll(severities).toEqual([null, null, null, null])
  await expect(page.getByRole('button', { name: 'Next of 3 errors', exact: true })).toHaveCount(0)
  await page.reload()
  await expect(textOf(page, 301)).toBeInViewport()
  await expect(row(page, 301)).not.toHaveAttribute('data-severity')
})
