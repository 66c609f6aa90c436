import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll } from 'vitest'
import {
  boolean,
  hash,
  integer,
  list,
  notBlank,
  object,
  oneOf,
  parameters,
  pathId,
  required,
  requiredOneOf,
  systemId,
  text,
} from '../runner-api/parameters.ts'
import { type Call, send } from './test-gateway.ts'

export const declared = parameters(
  {
    token: required(text),
    number: integer,
    active: boolean,
    paused: boolean,
    level: oneOf(['not_protected', 'ref_protected']),
    tags: list,
    info: hash({ version: text, config: hash({ gpus: text }), features: object }),
    any: object,
  },
  { exclusive: [['active', 'paused']] },
)
export const demanding = parameters(
  { id: pathId, token: required(text), system_id: notBlank(systemId), kind: requiredOneOf(['a', 'b']), group: integer },
  { requiredWith: { group: ['kind', 'b'] } },
)

const app = express()
app.all('/declared', async (req, res) => {
  const given = await declared.read(req, res)
  if (given) res.json(given)
})
app.all('/demanding/:id', async (req, res) => {
  const given = await demanding.read(req, res)
  if (given) res.json(given)
})
app.all('/query', async (req, res) => {
  const given = await declared.readQuery(req, res)
  if (given) res.json(given)
})
app.all('/received', async (req, res) => {
  const received = await declared.receive(req, res)
  if (received) res.json(received)
})

let server: Server

/** Serves the routes while a test file runs. */
export function setUpDeclaredRoutes(): void {
  beforeAll(async () => {
    server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(() => server.close())
}

export const ask = (path: string, call?: Call, method = 'POST') => {
  return send((server.address() as AddressInfo).port, method, path, call)
}
export const json = (parameter: Record<string, unknown>) => ask('/declared', { json: { token: 't', ...parameter } })
export const form = (fields: string) =>
  ask('/declared', { body: fields, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
