// A bare Express handler that reads a piece of log and does one UPDATE. It discards the bytes, or with KEEP_BYTES stores
// them before, each piece as an object of its own.
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import express from 'express'
import { answering } from './answering.ts'
import { openBareDatabase } from './database.ts'
import { listening } from './listening.ts'
import { openStore } from './store.ts'

const db = await openBareDatabase()
await db.script(`
  create table jobs (id integer primary key, trace_size bigint not null default 0, updated_at timestamptz)
    with (fillfactor = 70);
  insert into jobs (id) select generate_series(1, 1000)`)
const UPDATE = 'update jobs set trace_size = trace_size + $2, updated_at = now() where id = $1 returning trace_size'
const store = process.env.KEEP_BYTES ? openStore() : null

const app = express()
app.patch('/api/v4/jobs/:id/trace', express.raw({ type: '*/*' }), async (req, res) => {
  const bytes = req.body as Buffer
  await store?.put(randomUUID(), Readable.from([bytes]))
  await db.query('update', UPDATE, [Number(req.params.id), bytes.length])
  res.status(202).end()
})

const server = await listening(app)
answering(
  async () => server.url,
  async () => {
    await server.close()
    await db.close()
  },
)
