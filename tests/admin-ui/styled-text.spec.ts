import { expect, expectAccessible, test } from '../support/dashboard.ts'
import { textOf } from '../support/log-box.ts'

const E = '\u001b'

const LINES = [
  `Expected ${E}[7mlantern${E}[27m, and ${E}[2mthe rest${E}[22m`,
  `${E}[38;2;255;100;0mamber${E}[0m on ${E}[48;2;0;0;80mnight${E}[0m`,
  `${E}[21mdouble${E}[24m ${E}[53;9mover and through${E}[0m`,
  `See ${E}]8;;https://docs.test/lamp?a=1&b=2${E}\\the manual${E}]8;;${E}\\ or ${E}]8;;javascript:alert(1)\u0007not${E}]8;;\u0007`,
  'bell\u0007, null\u0000 and tab\tstop',
]

test('a log shows what a terminal would: inverse, dim and 24-bit colours, lines, links, control characters', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say(`${LINES.join('\n')}\n`)
  await takenJob.finish('success')
  await open(`/jobs/${takenJob.id}`)
  const piece = (line: number, text: string) => textOf(page, line).getByText(text, { exact: true })
  const look = (line: number, text: string, property: string) =>
    piece(line, text).evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property)

  await expect(piece(1, 'lantern')).toBeVisible()
  expect(await look(1, 'lantern', 'background-color')).not.toBe('rgba(0, 0, 0, 0)')
  expect(await look(1, 'the rest', 'color')).not.toBe(await look(1, 'lantern', 'background-color'))
  expect(await look(2, 'night', 'background-color')).toBe('rgb(0, 0, 80)')
  expect(await look(2, 'amber', 'color')).toMatch(/^rgb\(/)
  expect(await look(3, 'double', 'text-decoration')).toContain('double')
  expect(await look(3, 'over and through', 'text-decoration-line')).toBe('overline line-through')

  const link = textOf(page, 4).getByRole('link')
  await expect(link).toHaveText(['the manual'])
  await expect(link).toHaveAttribute('href', 'https://docs.test/lamp?a=1&b=2')
  await expect(link).toHaveAttribute('rel', /noopener/)

  await expect(textOf(page, 5).locator('.log-control')).toHaveCount(2)
  expect(
    await textOf(page, 5)
      .locator('.log-control')
      .evaluateAll((signs) => signs.map((sign) => getComputedStyle(sign, '::before').content)),
  ).toEqual(['"^G"', '"^@"'])
  // What is copied is what the log has.
  expect(await textOf(page, 5).textContent()).toBe('bell\u0007, null\u0000 and tab\tstop')
  await expectAccessible(page)
})
