import type { Locator, Page } from '@playwright/test'
import { expect, test } from '../support/dashboard.ts'
import { pressInTurn } from '../support/press-in-turn.ts'

const row = (page: Page, line: number): Locator => page.locator(`[data-line="${line}"]`)
const textOf = (page: Page, line: number): Locator => row(page, line).locator('[data-text]')

const start = (name: string, at: number, options = '') => `section_start:${at}:${name}${options}\r\u001b[0K`
const end = (name: string, at: number) => `section_end:${at}:${name}\r\u001b[0K`
/** Returns a stored line of a stream; `+` continues the stream's last line. */
const piece = (stream: string, mark: ' ' | '+', text: string) => `2024-05-14T11:43:19.997683Z ${stream}${mark}${text}\n`

test('an error beside a progress bar is shown and found, while the job runs and afterwards', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await open(`/jobs/${takenJob.id}`)
  await takenJob.say(piece('01E', ' ', '10%\r') + piece('01O', ' ', '\u001b[31merror: file not found\u001b[0m'))
  await expect(textOf(page, 1)).toHaveText('10%')
  await expect(textOf(page, 2)).toHaveText('error: file not found')
  await takenJob.say(piece('01E', '+', '20%\r'))
  await expect(textOf(page, 1)).toHaveText('20%')
  await takenJob.say(piece('01E', '+', 'done') + piece('01O', ' ', 'after'))
  await expect(textOf(page, 1)).toHaveText('done')
  await expect(textOf(page, 3)).toHaveText('after')
  await takenJob.finish('failed')

  for (const again of [false, true]) {
    if (again) await page.reload()
    await expect(textOf(page, 1)).toHaveText('done')
    await expect(textOf(page, 2)).toHaveText('error: file not found')
    await expect(textOf(page, 3)).toHaveText('after')
  }
  const field = page.getByRole('searchbox', { name: 'Search the log', exact: true })
  await field.fill('file not found')
  await expect(page.getByTestId('found')).toHaveText('1 of 1 line')
  await expect(row(page, 2).locator('mark')).toHaveText('file not found')
  await field.fill('10%')
  await expect(page.getByTestId('found')).toHaveText('No matches')
})

test('a line far above is extended in place while the job runs', async ({ dashboard: page, open, takenJob }) => {
  await takenJob.say(piece('0fO', ' ', 'service: 1%\r'))
  const lines = Array.from({ length: 5_000 }, (_, index) => piece('01O', ' ', `n ${index + 2}`))
  await takenJob.say(lines.join(''))
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 5_001)).toHaveText('n 5001')
  await pressInTurn(page, ['g', 'g'], (options) => expect(textOf(page, 1)).toHaveText('service: 1%', options))
  await takenJob.say(piece('0fO', '+', 'service: 50%\r') + piece('01O', ' ', 'n 5002'))
  await expect(textOf(page, 1)).toHaveText('service: 50%')
  await takenJob.say(piece('0fO', '+', 'service: ready'))
  await expect(textOf(page, 1)).toHaveText('service: ready')
  await takenJob.finish('success')
  await page.goto(`/jobs/${takenJob.id}#L1`)
  await expect(textOf(page, 1)).toHaveText('service: ready')
  await page.keyboard.press('Shift+G')
  await expect(textOf(page, 5_002)).toHaveText('n 5002')
})

test('a section that a failing script left open does not hide the error behind it', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(
    piece('00O', ' ', `${start('step_script', 100)}Executing "step_script"`) +
      piece('01O', ' ', `${start('mine', 110, '[collapsed=true]')}Mine`) +
      piece('01E', ' ', 'inside of mine') +
      piece('00O', ' ', `${end('step_script', 170)}`) +
      piece('00O', '+', '\u001b[31;1mERROR: Job failed: exit code 1\u001b[0;m'),
  )
  await takenJob.finish('failed')
  await open(`/jobs/${takenJob.id}`)
  await expect(page.getByText('ERROR: Job failed')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Section Mine', exact: true })).toHaveAttribute('aria-expanded', 'true')
  await expect(textOf(page, 3)).toHaveText('inside of mine')
  await expect(row(page, 1)).toContainText('01:10')
  await expect(row(page, 2)).toContainText('01:00')
})
