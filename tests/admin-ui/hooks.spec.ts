import { createHmac, randomUUID } from 'node:crypto'
import { expect, expectAccessibleLightAndDark, test } from '../support/dashboard.ts'
import { pushConfiguration } from '../support/git.ts'

/** Sends what GitHub sends, and returns the status of the answer. */
async function send(url: string, secret: string, event: string, payload: object): Promise<number> {
  const body = JSON.stringify(payload)
  const reply = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': event,
      'X-GitHub-Delivery': randomUUID(),
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  })
  return reply.status
}

const pushOf = (sha: string, message = 'Light the lamp') => ({
  ...{ ref: 'refs/heads/main', before: '0'.repeat(40), after: sha, deleted: false },
  head_commit: { id: sha, message },
  sender: { login: 'ada' },
})

const pullRequestOf = (sha: string) => ({
  action: 'opened',
  number: 12,
  pull_request: {
    ...{ number: 12, state: 'open', title: 'Brighter lamp', body: null, draft: false, merged: false },
    ...{ user: { login: 'mallory' }, labels: [], assignees: [], milestone: null },
    head: { ref: 'topic', sha, repo: { id: 8, full_name: 'mallory/lantern' } },
    base: { ref: 'main', sha, repo: { id: 7, full_name: 'harbour/lantern' } },
  },
  sender: { login: 'mallory' },
})

test('a secret is made for incoming hooks, and what they send is listed, approved and replayed', async ({
  dashboard: page,
  open,
  admin,
  gateway,
  project,
}) => {
  const sha = await pushConfiguration(admin, gateway, project)
  await open(`/projects/${project.id}`)
  const panel = page.getByRole('region', { name: 'Incoming hooks', exact: true })
  await expect(panel).toContainText('There is no secret yet, so every hook is refused.')
  await panel.getByLabel('Kind of forge', { exact: true }).selectOption('GitHub')
  const url = `${gateway.url}/hooks/${project.id}/github`
  await expect(panel).toContainText(url)
  expect(await send(url, 'guessed', 'push', pushOf(sha))).toBe(401)

  await panel.getByRole('button', { name: 'Make the secret', exact: true }).click()
  await expect(panel).toContainText('Copy the secret now')
  const secret = (await panel.getByText(/^whsec_/).textContent()) ?? ''
  await expectAccessibleLightAndDark(page)
  const delivery = (text: RegExp | string) =>
    panel
      .getByRole('list', { name: 'Received, newest first', exact: true })
      .getByRole('listitem')
      .filter({ hasText: text })

  await expect(delivery('git: push · branch main')).toContainText('The push option ci.skip wants no pipeline.')
  expect(await send(url, secret, 'push', pushOf(sha))).toBe(202)
  const started = delivery('github: push · branch main').filter({ hasText: 'Started' })
  await expect(started).toHaveCount(1)
  await expect(started.getByRole('link', { name: /^#\d+$/ })).toHaveCount(1)

  expect(await send(url, secret, 'push', pushOf(sha, 'Only words [skip ci]'))).toBe(202)
  await expect(delivery('The message of the commit wants no pipeline.')).toContainText('Skipped')

  expect(await send(url, secret, 'pull_request', pullRequestOf(sha))).toBe(202)
  const foreign = delivery('github: pull_request · merge request 12')
  await expect(foreign).toContainText('Waiting')
  await expect(foreign).toContainText('Merge request 12 comes from mallory/lantern')
  await expectAccessibleLightAndDark(page)
  await foreign.getByRole('button', { name: 'Approve', exact: true }).click()
  const question = page.getByRole('alertdialog').or(page.getByRole('dialog'))
  await expect(question).toContainText('Run jobs of this fork?')
  await question.getByRole('button', { name: 'Approve', exact: true }).click()
  await expect(foreign).toContainText('Started')
  const pipeline = Number((await foreign.getByRole('link').textContent())?.slice(1))
  expect(await admin.query('pipelines.get', { id: pipeline })).toMatchObject({
    source: 'merge_request_event',
    createdBy: 'github:mallory',
  })

  await foreign.getByRole('button', { name: 'Replay', exact: true }).click()
  await expect(foreign.getByRole('link')).not.toHaveText(`#${pipeline}`)
  await expect(foreign.getByRole('link')).toHaveText(/^#\d+$/)

  await panel.getByRole('button', { name: 'Rotate the secret', exact: true }).click()
  await page.getByRole('button', { name: 'Rotate', exact: true }).click()
  await expect(panel.getByText(/^whsec_/)).not.toHaveText(secret)
  expect(await send(url, secret, 'push', pushOf(sha))).toBe(401)

  await panel.getByLabel('Kind of forge', { exact: true }).selectOption('A repository without a forge')
  await expect(panel).toContainText(`url='${gateway.url}/hooks/${project.id}/git'`)
})
