import type { Page } from '@playwright/test'
import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'

const editor = (page: Page) => page.getByRole('textbox', { name: 'Configuration', exact: true })
const problems = (page: Page) => page.getByRole('list', { name: 'Problems' })
const marked = (page: Page) => page.locator('.cm-lintRange-error')
const job = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByText(name, { exact: true }) })
const outcome = (page: Page) => page.getByRole('status').filter({ hasText: /Valid|error|Checking|empty/ })

const files = (page: Page) => page.getByRole('list', { name: 'Files', exact: true })
const fileText = (page: Page) => page.getByRole('textbox', { name: 'Text of the file', exact: true })
const path = (page: Page) => page.getByLabel('Path of the file', { exact: true })

/** Replaces the whole text, as a person who pastes it would. */
async function write(page: Page, text: string, box = editor(page)): Promise<void> {
  await box.press('ControlOrMeta+A')
  if (text === '') return await box.press('Delete')
  await box.evaluate((element, pasted) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', pasted)
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }, text)
}

test('a fault is marked and listed while it is typed, and clears when it is mended', async ({
  dashboard: page,
  open,
}) => {
  await open('/lint')
  await write(page, 'build:\n  script: make\ntest:\n  stage: nowhere\n  script: make test')
  await expect(problems(page)).toContainText('chosen stage nowhere does not exist')
  await expect(marked(page)).toHaveText('test')
  await expect(outcome(page)).toHaveText('1 error')
  await problems(page).getByRole('button', { name: 'Line 3' }).click()
  await expect(editor(page)).toBeFocused()
  // The cursor is at the job, so this goes into its name.
  await page.keyboard.type('unit-')
  await expect(problems(page)).toContainText('unit-test job: chosen stage nowhere')
  // Typing over what is selected must not break the page's policy either.
  await editor(page).press('ControlOrMeta+A')
  await page.keyboard.type('a: [')
  await expect(problems(page)).toContainText('at line 1 column')

  await write(page, 'build:\n  script: make\ntest:\n  stage: test\n  script: make test')
  await expect(problems(page)).toBeHidden()
  await expect(marked(page)).toHaveCount(0)
  await expect(outcome(page)).toHaveText('Valid: 2 of 2 jobs')
})

test('says of each job and rule why the pipeline has it, for the chosen ref, source and changed paths', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await admin.mutate('projects.update', { id: project.id, variables: [{ key: 'DEPLOY', value: 'yes' }] })
  await open(`/lint?project=${project.id}`)
  await write(
    page,
    [
      'docs:\n  script: x\n  rules:\n    - changes: [docs/*]',
      'release:\n  script: x\n  rules:\n    - if: $CI_COMMIT_TAG\n    - if: $NEVER',
      'review:\n  script: x\n  rules:\n    - if: $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == "stable"',
      'deploy:\n  script: x\n  needs: [docs]\n  rules:\n    - if: $DEPLOY == "yes"\n      when: manual',
    ].join('\n'),
  )
  await expect(outcome(page)).toHaveText('Valid: 2 of 4 jobs')
  await expect(job(page, 'docs')).toContainText('Which paths changed is not known, which counts as a change.')
  await expect(job(page, 'deploy')).toContainText('needs docs')
  await expect(job(page, 'deploy')).toContainText('manual')
  await expect(job(page, 'deploy')).toContainText('$DEPLOY is "yes"')
  await expect(job(page, 'release')).toContainText('None of its 2 rules matches.')
  await job(page, 'release').getByText('2 rules', { exact: true }).click()
  await expect(job(page, 'release')).toContainText('The condition $CI_COMMIT_TAG is false ($CI_COMMIT_TAG is not set).')
  await job(page, 'release').getByRole('button', { name: 'Line 8' }).click()
  await expect(editor(page)).toBeFocused()

  await page.getByLabel('Branch', { exact: true }).fill('v1.0')
  await page.getByRole('switch', { name: 'The ref is a tag' }).click()
  await expect(job(page, 'release')).toContainText('Rule 1 (line 8) matches.')
  await expect(page).toHaveURL(/ref=v1.0/)
  await expect(page).toHaveURL(/tag=true/)

  await page.getByLabel('Source', { exact: true }).selectOption('Merge request')
  await page.getByLabel('Target branch').fill('stable')
  await expect(job(page, 'review')).toContainText('Rule 1 (line 13) matches.')

  await page.getByRole('switch', { name: 'Changed paths are known' }).click()
  await page.getByLabel('Changed paths', { exact: true }).fill('src/main.ts')
  // A job that is needed is left out now, so there is no pipeline.
  await expect(problems(page)).toContainText("'deploy' job needs 'docs' job")
  await page.getByLabel('Changed paths', { exact: true }).fill('src/main.ts\ndocs/a.md')
  await expect(job(page, 'docs')).toContainText('A changed path matches docs/*.')

  await page.getByRole('combobox', { name: 'Show' }).selectOption('Jobs left out')
  await expect(job(page, 'docs')).toHaveCount(0)
  await expect(job(page, 'release')).toBeVisible()
})

test('shows the merged configuration, and keeps text and choices over a reload', async ({ dashboard: page, open }) => {
  await open('/lint?ref=feature')
  await write(page, '.base:\n  image: ruby\nspecs:\n  extends: .base\n  script: rake')
  await expect(outcome(page)).toHaveText('Valid: 1 of 1 job')
  await page.getByRole('navigation', { name: 'Result' }).getByRole('link', { name: 'Merged' }).click()
  const merged = page.getByRole('textbox', { name: 'Merged configuration' })
  await expect(merged).toContainText('specs:  image: ruby')
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('yardmaster-lint'))).toContain('rake')
  await page.reload()
  await expect(editor(page)).toContainText('extends: .base')
  await expect(merged).toContainText('specs:  image: ruby')
  await expect(page.getByLabel('Branch', { exact: true })).toHaveValue('feature')
})

test('tells a job that starts a child pipeline from others', async ({ dashboard: page, open }) => {
  await open('/lint')
  await write(page, 'build:\n  script: x\nparts:\n  trigger: { include: parts.yml }')
  await expect(job(page, 'parts')).toContainText('child pipeline')
  await expect(job(page, 'build')).not.toContainText('child pipeline')
})

test('runs what was linted', async ({ dashboard: page, open, project, admin }) => {
  await open(`/lint?project=${project.id}&ref=feature`)
  await write(page, 'first:\n  script: x\n  tags: [nobody-has-this]\nleft out:\n  script: x\n  only: [tags]')
  await expect(outcome(page)).toHaveText('Valid: 1 of 2 jobs')
  await page.getByRole('button', { name: 'Run this pipeline' }).click()
  await expect(page).toHaveURL(/\/pipelines\/\d+$/)
  const pipelineId = Number(page.url().split('/').at(-1))
  const { items } = await admin.query('jobs.list', { pipelineId })
  expect(items).toMatchObject([{ name: 'first', ref: 'feature', projectId: project.id }])
})

test('includes further files, shows their faults in them, and keeps them over a reload', async ({
  dashboard: page,
  open,
}) => {
  await open('/lint')
  await write(page, 'include: [{ local: ci/build.yml }]\ndeploy: { script: x }')
  await expect(problems(page)).toContainText('`ci/build.yml` does not exist!')
  await files(page).getByRole('button', { name: 'Add a file', exact: true }).click()
  await expect(path(page)).toBeFocused()
  await page.keyboard.insertText('/ci/build.yml')
  await page.keyboard.press('Enter')
  await expect(fileText(page)).toBeFocused()
  await write(page, 'build:\n  script: make\n  rulez: 1', fileText(page))
  await expect(marked(page)).toHaveCount(1)
  await expect(files(page).getByRole('button', { name: 'ci/build.yml 1 error', exact: true })).toBeVisible()
  await expect(outcome(page)).toHaveText('1 error')

  const main = files(page).getByRole('button', { name: 'Configuration', exact: true })
  await main.click()
  await expect(fileText(page)).toBeHidden()
  await problems(page)
    .getByRole('button', { name: /^ci\/build\.yml:\d$/ })
    .click()
  await expect(fileText(page)).toBeFocused()
  await write(page, 'build:\n  script: make\n  rules: [{ if: $NEVER }]', fileText(page))
  await expect(outcome(page)).toHaveText('Valid: 1 of 2 jobs')
  await job(page, 'build').getByText('1 rule', { exact: true }).click()
  await main.click()
  await job(page, 'build').getByRole('button', { name: 'ci/build.yml:3', exact: true }).click()
  await expect(fileText(page)).toBeFocused()

  await path(page).fill('ci/../build.yml')
  await expect(page.getByText('Enter a path from the top folder')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Run this pipeline' })).toBeDisabled()
  await path(page).fill('ci/other.yml')
  await expect(problems(page)).toContainText('`ci/build.yml` does not exist!')
  await path(page).fill('ci/build.yml')
  await expect(outcome(page)).toHaveText('Valid: 1 of 2 jobs')

  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('yardmaster-lint'))).toContain('"ci/build.yml"')
  await page.reload()
  await expect(outcome(page)).toHaveText('Valid: 1 of 2 jobs')
  await files(page).getByRole('button', { name: 'ci/build.yml', exact: true }).click()
  await expect(fileText(page)).toContainText('script: make')
  await page.getByRole('button', { name: 'Remove the file ci/build.yml', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove the file', exact: true }).click()
  await expect(editor(page)).toBeVisible()
  await expect(problems(page)).toContainText('`ci/build.yml` does not exist!')
})

test('asks for the inputs that the text declares, and runs it with them and its files', async ({
  dashboard: page,
  open,
  project,
  admin,
}) => {
  await open(`/lint?project=${project.id}`)
  const text = [
    'spec:',
    '  inputs:',
    '    place: { options: [test, live], default: test, description: Where to }',
    '    count: { type: number }',
    '    fast: { type: boolean, default: false }',
    '    parts: { type: array, default: [a, b] }',
    '---',
    'include: [{ local: more.yml }]',
    '"to-$[[ inputs.place ]]-$[[ inputs.count ]]":',
    '  tags: [nobody-has-this]',
    '  script: ["echo $[[ inputs.fast ]]", "$[[ inputs.parts ]]"]',
  ]
  await write(page, text.join('\n'))
  const inputs = page.getByRole('region', { name: 'Inputs', exact: true })
  const count = inputs.getByLabel('count', { exact: true })
  await expect(inputs).toContainText('Where to')
  await expect(inputs).toContainText('Required: it has no default.')
  await count.fill('many')
  await expect(inputs).toContainText('Provided value is not a number.')
  await expect(count).toHaveAttribute('aria-invalid', 'true')
  await expect(problems(page)).toContainText('`count` input: provided value is not a number')
  await count.fill('5')
  await inputs.getByLabel('place', { exact: true }).selectOption('live')
  await inputs.getByLabel('fast', { exact: true }).selectOption('true')
  const parts = inputs.getByLabel('parts', { exact: true })
  await parts.fill('["c"]')
  await inputs.getByRole('button', { name: 'Use the default of parts', exact: true }).click()
  await expect(parts).toHaveValue('["a","b"]')

  await files(page).getByRole('button', { name: 'Add a file', exact: true }).click()
  await path(page).fill('more.yml')
  await write(page, 'more: { tags: [nobody-has-this], script: x }', fileText(page))
  await expect(outcome(page)).toHaveText('Valid: 2 of 2 jobs')
  await expect.poll(() => page.evaluate(() => sessionStorage.getItem('yardmaster-lint'))).toContain('more.yml')
  await page.reload()
  await expect(count).toHaveValue('5')
  await expect(outcome(page)).toHaveText('Valid: 2 of 2 jobs')
  await page.getByRole('button', { name: 'Run this pipeline' }).click()
  await expect(page).toHaveURL(/\/pipelines\/\d+$/)
  const { items } = await admin.query('jobs.list', { pipelineId: Number(page.url().split('/').at(-1)) })
  expect(items.map(({ name }) => name).sort()).toEqual(['more', 'to-live-5'])
})

test('says which inputs no longer are declared', async ({ dashboard: page, open }) => {
  await open('/lint')
  const inputs = page.getByRole('region', { name: 'Inputs', exact: true })
  await write(page, 'spec: { inputs: { place: } }\n---\n"$[[ inputs.place ]]": { script: x }')
  await inputs.getByLabel('place', { exact: true }).fill('here')
  await expect(outcome(page)).toHaveText('Valid: 1 of 1 job')
  await write(page, 'here: { script: x }')
  await expect(inputs).toContainText('The configuration declares no such input.')
  await inputs.getByRole('button', { name: 'Remove the value of place', exact: true }).click()
  await expect(inputs).toBeHidden()
  await expect(outcome(page)).toHaveText('Valid: 1 of 1 job')
})

test('opens a file, and refuses one that is no text', async ({ dashboard: page, open }) => {
  await open('/lint')
  const file = page.getByLabel('Configuration file')
  await file.setInputFiles({ name: 'ci.yml', mimeType: 'text/yaml', buffer: Buffer.from('opened: { script: x }') })
  await expect(editor(page)).toContainText('opened')
  await expect(job(page, 'opened')).toBeVisible()
  await file.setInputFiles({ name: 'ci.bin', mimeType: 'text/yaml', buffer: Buffer.from([0xff, 0xfe, 0x00]) })
  await expect(page.getByText('ci.bin is not a text in UTF-8.')).toBeVisible()
  await expect(editor(page)).toContainText('opened')
  await file.setInputFiles(
    ['a.yml', 'b.yml'].map((name) => ({ name, mimeType: 'text/yaml', buffer: Buffer.from(`${name.at(0)}: 1`) })),
  )
  await expect(files(page).getByRole('button', { name: 'b.yml', exact: true })).toBeVisible()
  await expect(path(page)).toHaveValue('a.yml')
  await expect(fileText(page)).toContainText('a: 1')
})

test('keys of the page are keys of the text while it is edited', async ({ dashboard: page, open }) => {
  await open('/lint')
  await write(page, '')
  await expect(outcome(page)).toHaveText('The text is empty')
  await editor(page).pressSequentially('gj: { script: "?" }')
  await expect(editor(page)).toContainText('gj: { script: "?" }')
  await expect(page).toHaveURL(/\/lint/)
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('g')
  await page.keyboard.press('j')
  await expect(page).toHaveURL(/\/jobs/)
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await expect(page).toHaveURL(/\/lint/)
})

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]) {
  test.describe(`${viewport.width} px wide`, () => {
    test.use({ viewport, colorScheme: 'light' })

    test('the page is accessible and fits, with results and with faults', async ({ dashboard: page, open }) => {
      await open('/lint')
      const expectFits = async () => {
        await expectAccessibleLightAndDark(page)
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
        ).toBe(0)
      }
      await expect(outcome(page)).toHaveText('Valid: 4 of 4 jobs')
      await page.getByText('The pipeline would be for').click()
      await job(page, 'deploy').getByText('2 rules', { exact: true }).click()
      await expectFits()
      await page.getByRole('navigation', { name: 'Result' }).getByRole('link', { name: 'Merged' }).click()
      await expect(page.getByRole('textbox', { name: 'Merged configuration' })).toBeVisible()
      await expectFits()
      await write(page, `a: ${'long '.repeat(100)}\nb:\n  script: x\n  rulez: 1`)
      await expect(problems(page)).toBeVisible()
      await expectFits()
      const long = 'far/'.repeat(30)
      await write(
        page,
        `spec: { inputs: { count: { type: number }, place: { options: [a, b], default: a, description: '${long}' }, parts: { type: array, default: [x] } } }\n---\ninclude: /${long}x.yml`,
      )
      await files(page).getByRole('button', { name: 'Add a file', exact: true }).click()
      await path(page).fill(`${long}x.yml`)
      await write(page, 'a: { script: x, odd: 1 }', fileText(page))
      const inputs = page.getByRole('region', { name: 'Inputs', exact: true })
      await inputs.getByLabel('count', { exact: true }).fill('5')
      await inputs.getByLabel('parts', { exact: true }).fill('["y"]')
      await expect(files(page).getByRole('button', { name: `${long}x.yml 1 error`, exact: true })).toBeVisible()
      await expectFits()
    })
  })
}
