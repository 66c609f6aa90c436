// Streams bodies to the kind of storage that artifacts use, and back, unchanged.
import { pipeline } from 'node:stream/promises'
import express from 'express'
import { answering } from './answering.ts'
import { listening } from './listening.ts'
import { openStore } from './store.ts'

const store = openStore()

const app = express()
app.post('/:name', async (req, res) => {
  await store.put(req.params.name, req)
  res.status(201).end()
})
app.get('/:name', async (req, res) => {
  await pipeline(await store.get(req.params.name), res)
})
app.delete('/:name', async (req, res) => {
  await store.delete(req.params.name)
  res.status(204).end()
})

const server = await listening(app)
answering(
  async () => server.url,
  () => server.close(),
)
