// A bare Express handler that parses the body of a poll and says "nothing for you".
import express from 'express'
import { answering } from './answering.ts'
import { listening } from './listening.ts'

const app = express()
app.post('/api/v4/jobs/request', express.json(), (_req, res) => void res.status(204).end())

const { url, close } = await listening(app)
answering(async () => url, close)
