import { expect, test } from '../support/dashboard.ts'
import { textOf } from '../support/log-box.ts'

const E = '\u001b['

test('lines that a tool draws again change in place, while they are watched and afterwards', async ({
  dashboard: page,
  open,
  takenJob,
}) => {
  await takenJob.say('Pulling\n a waiting\n b waiting\n')
  await open(`/jobs/${takenJob.id}`)
  await expect(textOf(page, 2)).toHaveText(' a waiting')
  for (const shown of [' 10 %', ' 50 %', ' done']) {
    await takenJob.say(`${E}2A${E}2K\r a${shown}\n${E}2K\r b${E}32m${shown}${E}0m\n`)
    await expect(textOf(page, 2)).toHaveText(` a${shown}`)
    await expect(textOf(page, 3)).toHaveText(` b${shown}`)
  }
  await takenJob.say(`ready${E}1D${E}C${E}5D${E}2CTT\n`)
  await expect(textOf(page, 4)).toHaveText('reTTy')
  await takenJob.finish('success')
  await page.reload()
  await expect(textOf(page, 4)).toHaveText('reTTy')
  await expect(textOf(page, 2)).toHaveText(' a done')
  await expect(textOf(page, 3)).toHaveText(' b done')
})
