// The thread that compiles configurations (`compiler-thread.ts`): one request at a time, one answer for each.
import { serialize } from 'node:v8'
import { parentPort } from 'node:worker_threads'
import { type Plan, type PlanRequest, planPipeline } from '@yardmaster/ci-config'
import type { FromWorker, ToWorker } from './compiler-thread.ts'
import { type CallForFiles, filesByCalls } from './file-calls.ts'
import { isLargerThan } from './size-of-value.ts'

/** In bytes. The main thread unpacks a plan in one go; those of real projects have less than a mebibyte. */
const LARGEST_PLAN = 12 * 1_048_576

const post = (message: FromWorker): void => parentPort?.postMessage(message)

/** Calls without an answer yet, by id. The ids go on from one request to the next: an answer may come too late. */
const calls = new Map<number, (answer: never) => void>()
let lastCall = 0

const call: CallForFiles = (name, given) =>
  new Promise((resolve) => {
    calls.set(++lastCall, resolve)
    post({ kind: 'call', id: lastCall, name, given })
  })

parentPort?.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') {
    calls.get(message.id)?.(message.answer as never)
    calls.delete(message.id)
    return
  }
  compiled(message.request)
    .then(
      (plan) => post({ kind: 'plan', bytes: serialize(isLargerThan(plan, LARGEST_PLAN) ? tooBig(plan) : plan) }),
      (error: unknown) => post({ kind: 'failed', error }),
    )
    .finally(() => calls.clear())
})
post({ kind: 'ready' })

/** An async function, so that an error of the first step is a rejection as well. */
const compiled = async (request: PlanRequest): Promise<Plan> =>
  await planPipeline(request, filesByCalls(call, request.commit ?? null))

function tooBig({ warnings }: Plan): Plan {
  const message = 'Total size of combined CI/CD configuration is too big'
  const hint = `The jobs of a pipeline may have ${LARGEST_PLAN / 1_048_576} MiB together, with everything that they inherit.`
  const error = { message, path: [], file: null, line: null, column: null, hint }
  return { ...nothing, errors: [error], warnings: isLargerThan(warnings, LARGEST_PLAN) ? [] : warnings }
}

const nothing = {
  merged: null,
  unread: [],
  stages: [],
  workflowRules: [],
  verdicts: [],
  outcome: 'config_invalid',
  pipeline: null,
} as const
