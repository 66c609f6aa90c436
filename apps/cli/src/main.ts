import { homedir } from 'node:os'
import { CommanderError } from 'commander'
import { type ExitStatus, Failure, Interrupted } from './failure.ts'
import { flush } from './flush.ts'
import { makeProgram } from './program.ts'
import { oneLine } from './visible.ts'

/** What programs end with that a broken pipe ends, as a shell reports it: 128 and the signal's number. */
const BROKEN_PIPE = 141

// The reader of `yardmaster … | head` has enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(BROKEN_PIPE)
    throw error
  })
}

const stop = new AbortController()
let deal: (() => void) | null = null
let isDealtWith = false
process.on('SIGINT', () => {
  if (deal && !isDealtWith) {
    isDealtWith = true
    return deal()
  }
  if (isDealtWith) process.exit(130)
  // A second Ctrl+C does not wait for anything.
  if (stop.signal.aborted) process.exit(130)
  stop.abort(new Interrupted())
})

const status = await run(process.argv.slice(2))
await flush([process.stdout, process.stderr], stop.signal)
// Explicit, because an open connection or standard input would keep the process alive.
process.exit(status)

async function run(args: readonly string[]): Promise<ExitStatus> {
  let status: ExitStatus = 0
  const program = makeProgram({
    home: homedir(),
    signal: stop.signal,
    onInterrupt: (given) => {
      deal = given
    },
    onStatus: (given) => {
      status = given
    },
  })
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride()
  }
  try {
    const interrupted = new Promise<never>((_, reject) => {
      // A verb that waits for something without the signal has a moment to clean up.
      stop.signal.addEventListener('abort', () => setTimeout(() => reject(stop.signal.reason), 500))
    })
    await Promise.race([program.parseAsync(args, { from: 'user' }), interrupted])
    return stop.signal.aborted ? 130 : status
  } catch (error) {
    return report(error)
  }
}

/** Says what went wrong, and what to try next. */
function report(error: unknown): ExitStatus {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1
  if (stop.signal.aborted) return 130
  if (!(error instanceof Failure)) {
    console.error('This is a bug of yardmaster. Please report it with these lines:')
    console.error(
      String((error as Error | undefined)?.stack ?? error)
        .split('\n')
        .map(oneLine)
        .join('\n'),
    )
    return 1
  }
  const lines = [...error.message.split('\n'), ...(error.next === null ? [] : [tryNext(error.next)])]
  console.error(lines.map(oneLine).join('\n'))
  return error.status
}

/** A command is marked as one; a sentence speaks for itself. */
function tryNext(next: string): string {
  return /^[a-z]+ /.test(next) ? `Try: ${next}` : next
}
