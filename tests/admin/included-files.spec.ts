import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Admin } from '../support/admin.ts'
import { freshDataDir } from '../support/data-dir.ts'
import { expect, test } from '../support/fixtures.ts'
import { Gateway } from '../support/gateway.ts'
import { openStorage } from '../support/storage.ts'

const SHA = 'c'.repeat(40)

/** Serves `/ci.yml`, and the project `group/tools` with the file `ci/test.yml` and the component `lint`. */
async function serveFiles(): Promise<{ server: Server; address: string }> {
  const project = '/api/v4/projects/group%2Ftools/repository'
  const answers: Readonly<Record<string, string>> = {
    '/ci.yml': 'build: { script: make }',
    [`${project}/commits/HEAD`]: JSON.stringify({ id: SHA }),
    [`${project}/commits/1.0.0`]: JSON.stringify({ id: SHA }),
    [`${project}/files/ci%2Ftest.yml/raw?ref=${SHA}`]: 'test: { script: make test }',
    [`${project}/files/templates%2Flint.yml/raw?ref=${SHA}`]:
      'spec: { inputs: { tool: {} } }\n---\nlint: { script: "$[[ inputs.tool ]]" }',
  }
  const server = createServer((req, res) => {
    const answer = answers[String(req.url)]
    res.writeHead(answer === undefined ? 404 : 200).end(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a configuration includes files by address, of other projects, and components', async ({ storage }) => {
  const { server, address } = await serveFiles()
  const own = await openStorage(storage.kind)
  const directory = await freshDataDir(own.env)
  const gateway = await Gateway.start(directory.path, {
    ...own.env,
    INCLUDE_DENY: 'none',
    INCLUDE_PROJECT_BASE: address,
  })
  try {
    const admin = new Admin(gateway.url, { token: gateway.adminToken })
    const component = `${new URL(address).host}/group/tools/lint@1.0.0`
    const content = `
      include:
        - ${address}/ci.yml
        - { project: group/tools, file: ci/test.yml }
        - { component: ${component}, inputs: { tool: eslint } }`
    const { id } = await admin.mutate('pipelines.create', { content })
    const { items } = await admin.query('jobs.list', { pipelineId: id })
    expect(items.map(({ name }) => name).sort()).toEqual(['build', 'lint', 'test'])
    const gone = await admin.query('pipelines.lint', { content: `include: ${address}/gone.yml` })
    expect(gone.errors.map(({ message }) => message)).toEqual([
      `Remote file \`${address}/gone.yml\` could not be fetched after 1 attempt because of HTTP code \`404\` error!`,
    ])
  } finally {
    await gateway.stop()
    await directory.dispose()
    await own.dispose()
    server.close()
  }
})

test('no file is fetched from an address that is not public', async ({ admin }) => {
  const { errors } = await admin.query('pipelines.lint', { content: 'include: http://127.0.0.1:8099/ci.yml' })
  expect(errors.map(({ message }) => message)).toEqual([
    'Remote file could not be fetched because INCLUDE_DENY forbids the address of 127.0.0.1!',
  ])
})
