import { setTimeout as pause } from 'node:timers/promises'
import { checked, unexpectedAnswer } from '../answers.ts'
import type { ExitStatus } from '../failure.ts'
import { LogPrinter, type PrinterOptions } from '../log-printer.ts'
import type { ServerTools } from '../tools.ts'
import { followTrace, type TraceEvent } from '../trace-events.ts'
import { readJob } from './job.ts'

/** Bytes that are read at a time. */
const READ_BYTES = 262_144
/** Milliseconds without news after which an unfinished line is shown. */
const IDLE_MS = 250

export interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
}

/** `job log`: prints the log as it is now, or until the job is over. */
export async function printLog(
  tools: ServerTools,
  id: number,
  { follow, timestamps }: LogOptions,
): Promise<ExitStatus> {
  const printing = { colours: tools.terminal.colours, timestamps }
  if (follow) return await printUntilOver(tools, id, printing)
  await printStored(tools, id, printing)
  return 0
}

async function printStored(tools: ServerTools, id: number, printing: PrinterOptions): Promise<void> {
  const { client, terminal } = tools
  const printer = new LogPrinter(printing)
  let from = 0
  let end: number | null = null
  do {
    const part = checked(await client.traces.read.query({ jobId: id, from, limit: READ_BYTES }), {
      to: 'number',
      size: 'number',
      text: 'string',
    })
    // The log may grow faster than it is read.
    end ??= part.size
    if (part.to < from || (part.to === from && from < end)) throw unexpectedAnswer('a part of the log is missing')
    await terminal.out(printer.push(part.text))
    from = part.to
  } while (from < end)
  await terminal.out(printer.end())
  if (from === 0) await sayWhyEmpty(tools, id)
}

async function sayWhyEmpty(tools: ServerTools, id: number): Promise<void> {
  const job = await readJob(tools, id)
  if (job.erasedAt) tools.terminal.say(`The log of job ${id} was erased.`)
  else if (job.logRemovedAt) tools.terminal.say(`The log of job ${id} was removed because of its age.`)
  else if (job.startedAt) tools.terminal.say(`Job ${id} has printed nothing yet.`)
  else tools.terminal.say(`Job ${id} is ${job.status} and has not started: yardmaster job why ${id}`)
}

async function printUntilOver(
  { connection, terminal }: ServerTools,
  id: number,
  printing: PrinterOptions,
): Promise<ExitStatus> {
  const printer = new LogPrinter(printing)
  const onLost = () => terminal.say('The connection was lost; trying again.')
  const events = followTrace(connection, id, { onLost })
  let status = ''
  let isFirst = true
  for await (const event of withIdle(events)) {
    if (event === 'idle') {
      await terminal.out(printer.peek())
      continue
    }
    if (isFirst && event.text === '' && !event.complete && event.status !== 'running') {
      terminal.say(`Job ${id} is ${event.status}. Why: yardmaster job why ${id}`)
    }
    isFirst = false
    status = event.status
    await terminal.out(printer.push(event.text))
  }
  await terminal.out(printer.end())
  terminal.say(`Job ${id}: ${status}.`)
  return status === 'failed' || status === 'canceled' ? 3 : 0
}

/** Adds `idle` where no event follows for a moment. */
async function* withIdle(events: AsyncGenerator<TraceEvent>): AsyncGenerator<TraceEvent | 'idle'> {
  try {
    for (;;) {
      const next = events.next()
      const waiting = new AbortController()
      const idle = pause(IDLE_MS, 'idle' as const, { signal: waiting.signal }).catch(() => 'idle' as const)
      const first = await Promise.race([next, idle])
      waiting.abort()
      if (first === 'idle') yield 'idle'
      const { done, value } = await next
      if (done) return
      yield value
    }
  } finally {
    await events.return(undefined)
  }
}
