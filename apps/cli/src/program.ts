import { Command, InvalidArgumentError, Option } from 'commander'
import { completionScript, SHELLS, type Shell, type Verb } from './completion.ts'
import { readEnvironment } from './environment.ts'
import { type ExitStatus, localFailure } from './failure.ts'
import { OUTPUTS, type Output } from './table.ts'
import { openTerminal } from './terminal.ts'
import type { ServerTools, Tools } from './tools.ts'
import { isRelease, VERSION } from './version.ts'

interface GlobalOptions {
  readonly output: Output
  readonly quiet?: true
  readonly input: boolean
  readonly context?: string
  readonly timeout: number
}

/** A verb ends with a status, or is fine. */
type Ended = Promise<ExitStatus> | Promise<void> | Promise<ExitStatus | undefined>

export interface Surroundings {
  readonly home: string
  /** Aborts when the user presses Ctrl+C. */
  readonly signal: AbortSignal
  readonly onInterrupt: Tools['onInterrupt']
  /** Receives the exit status of a verb that is neither fine nor a failure. */
  readonly onStatus: (status: ExitStatus) => void
}

/**
 * Returns the command with all its verbs. What a verb needs is loaded when it runs, so that each starts quickly.
 */
export function makeProgram({ home, signal, onInterrupt, onStatus }: Surroundings): Command {
  const program = new Command('yardmaster')
  const verb = (parent: Command, usage: string, description: string) =>
    parent.command(usage).description(description).helpOption('-h, --help', 'show this help')

  const toolsOf = (): Tools => {
    const { output, quiet = false, input, context = null, timeout } = program.opts<GlobalOptions>()
    const environment = readEnvironment(home)
    const terminal = openTerminal(environment, { quiet, noInput: !input })
    return { environment, terminal, output, context, timeoutMs: timeout * 1000, signal, onInterrupt }
  }
  const openServer = async (tools: Tools): Promise<ServerTools> => {
    const [{ findTarget }, { openClient }] = await Promise.all([import('./target.ts'), import('./client.ts')])
    const target = findTarget(tools.environment, tools.context)
    const { timeoutMs } = tools
    const connection = { url: target.url, token: target.token, timeoutMs, signal }
    return { ...tools, target, connection, client: openClient(connection) }
  }
  /** Runs a verb that talks to a server, and says what the server refused. */
  const there = async (run: (tools: ServerTools) => Ended, about: number | null = null): Promise<void> => {
    const tools = await openServer(toolsOf())
    try {
      const status = await run(tools)
      if (status) onStatus(status)
    } catch (error) {
      const { failureOf } = await import('./client.ts')
      throw failureOf(error, tools.target.url, about) ?? error
    }
  }
  /** Runs a verb about one thing. */
  const thereWithId = async (given: string, run: (tools: ServerTools, id: number) => Ended) => {
    const { idOf } = await import('./tools.ts')
    const id = idOf(given)
    await there((tools) => run(tools, id), id)
  }

  program
    .description('Yardmaster, the server and its client. Without a verb, it starts the server.')
    .version(VERSION, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .addOption(new Option('-o, --output <form>', 'how data is written').choices(OUTPUTS).default('table'))
    .option('-q, --quiet', 'write data and errors only')
    .option('--no-input', 'never ask')
    .option('--context <name>', 'the context to use, instead of the current one')
    .option('--timeout <seconds>', 'how long to wait for an answer', secondsIn, 30)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Try: yardmaster --help')

  verb(program, 'server', 'start the server; its settings are environment variables')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw isRelease
        ? localFailure('`server` takes no arguments: its settings are environment variables.', 'yardmaster server')
        : localFailure('A checkout has the server apart.', 'npm start')
    })

  verb(program, 'login [url]', 'keep a token for a server as a context')
    .option('--token <token>', 'the token; - reads it from standard input')
    .option('--name <name>', 'what the context is called (default: after the server)')
    .action(async (url: string | undefined, options) => {
      const { login } = await import('./verbs/login.ts')
      const tools = toolsOf()
      try {
        await login(tools, url, options)
      } catch (error) {
        const { failureOf } = await import('./client.ts')
        throw failureOf(error, url ?? 'The server') ?? error
      }
    })
  verb(program, 'logout', 'forget the token of the current context').action(async () => {
    const { logout } = await import('./verbs/login.ts')
    logout(toolsOf())
  })

  const context = verb(program, 'context', 'the servers that you are logged in to')
  verb(context, 'list', 'list contexts').action(async () => {
    const { listContexts } = await import('./verbs/context.ts')
    await listContexts(toolsOf())
  })
  verb(context, 'use <name>', 'make a context the current one').action(async (name: string) => {
    const { useContext } = await import('./verbs/context.ts')
    useContext(toolsOf(), name)
  })
  verb(context, 'verify [name]', 'ask the server whether it accepts the token').action(async (name?: string) => {
    const { verifyContext } = await import('./verbs/context.ts')
    if (name !== undefined) program.setOptionValue('context', name)
    await there(verifyContext)
  })
  verb(context, 'remove <name>', 'forget a context').action(async (name: string) => {
    const { removeContext } = await import('./verbs/context.ts')
    removeContext(toolsOf(), name)
  })

  verb(program, 'lint [file]', 'check a configuration, without a server')
    .option('--merged', 'write the configuration with everything that it includes and extends')
    .option('--json', 'the same as --output json')
    .option('--ref <branch>', 'the branch of the pipeline (default: the one that is checked out)')
    .option('--tag <tag>', 'the tag of the pipeline')
    .option('--source <source>', 'CI_PIPELINE_SOURCE of the pipeline', 'push')
    .option('--var <key=value>', 'a variable of the pipeline; may be repeated', variableIn)
    .option('--server', 'let the server check it')
    .option('--offline', 'never ask the server')
    .option('--project <project>', 'the project on the server, by id or path; implies --server')
    .action(async (file: string | undefined, options) => {
      const { lint } = await import('./verbs/lint.ts')
      const tools = toolsOf()
      try {
        const status = await lint(tools, file, options, () => openServer(tools))
        if (status) onStatus(status)
      } catch (error) {
        const { failureOf } = await import('./client.ts')
        throw failureOf(error, 'The server') ?? error
      }
    })

  verb(program, 'run [jobs...]', 'run the pipeline of the working tree, as it is')
    .option('-f, --file <file>', 'the configuration, instead of the one in the tree')
    .option('--var <key=value>', 'a variable of the pipeline; may be repeated', variableIn)
    .option('--ref <branch>', 'the branch that it is run for (default: the one that is checked out)')
    .option('--source <source>', 'CI_PIPELINE_SOURCE of the pipeline', 'push')
    .option('--project <project>', 'the project, by id or path (default: the one that a remote leads to)')
    .option('--list', 'only list the jobs')
    .option('--merged', 'only write the configuration with everything that it includes and extends')
    .option('--detach', 'end when the pipeline is created, and write its id')
    .option('--artifacts <folder>', 'save the artifacts of all jobs into this folder')
    .option('--json', 'the same as --output json')
    .action((jobs: readonly string[], options) =>
      there(async (tools) => (await import('./verbs/run.ts')).run(tools, jobs, options)),
    )

  addPipelineVerbs()
  addJobVerbs()
  addRunnerVerbs()

  verb(program, 'completion <shell>', `write what completes verbs in ${SHELLS.join(', ')}`).action(
    async (shell: string) => {
      if (!SHELLS.includes(shell as Shell)) throw localFailure(`${shell} is not one of ${SHELLS.join(', ')}.`)
      await toolsOf().terminal.out(completionScript(shell as Shell, verbsOf(program)))
    },
  )
  return program

  function addPipelineVerbs(): void {
    const pipeline = verb(program, 'pipeline', 'pipelines')
    withFilter(verb(pipeline, 'list', 'list pipelines, the newest first'), 'pipelines')
      .option('--source <source>', 'only those of this source')
      .action((filter) => there(async (tools) => (await import('./verbs/pipeline.ts')).listPipelines(tools, filter)))
    const about = (name: 'getPipeline' | 'cancelPipeline' | 'retryPipeline') => (given: string) =>
      thereWithId(given, async (tools, id) => (await import('./verbs/pipeline.ts'))[name](tools, id))
    verb(pipeline, 'get <id>', 'show a pipeline and its jobs').action(about('getPipeline'))
    verb(pipeline, 'cancel <id>', 'cancel all jobs that are not over').action(about('cancelPipeline'))
    verb(pipeline, 'retry <id>', 'try jobs again that failed or were canceled').action(about('retryPipeline'))
  }

  function addJobVerbs(): void {
    const job = verb(program, 'job', 'jobs, their logs and their artifacts')
    withFilter(verb(job, 'list', 'list jobs, the newest first'), 'jobs')
      .option('--pipeline <id>', 'only those of this pipeline')
      .option('--runner <id>', 'only those of this runner')
      .option('--tag <tag>', 'only those that need this runner tag')
      .option('--oldest', 'the oldest first')
      .action((filter) => there(async (tools) => (await import('./verbs/job.ts')).listJobs(tools, filter)))
    const about = (name: 'getJob' | 'explainJob' | 'retryJob' | 'playJob') => (given: string) =>
      thereWithId(given, async (tools, id) => (await import('./verbs/job.ts'))[name](tools, id))
    verb(job, 'get <id>', 'show a job').action(about('getJob'))
    verb(job, 'log <id>', 'print the log of a job')
      .option('-f, --follow', 'until the job is over; the exit status is 3 when it failed')
      .option('-t, --timestamps', 'with the times of lines, if the log has them')
      .option('--raw', 'the bytes as they are stored')
      .action((given: string, { follow = false, timestamps = false, raw = false }) =>
        thereWithId(given, async (tools, id) => {
          if (raw && (follow || timestamps)) throw localFailure('--raw goes with neither --follow nor --timestamps.')
          if (raw) return await (await import('./verbs/job-raw-log.ts')).printRawLog(tools, id)
          return await (await import('./verbs/job-log.ts')).printLog(tools, id, { follow, timestamps })
        }),
      )
    verb(job, 'why <id>', 'explain why a job waits, or was skipped').action(about('explainJob'))
    verb(job, 'retry <id>', 'try a job again').action(about('retryJob'))
    verb(job, 'cancel <id>', 'cancel a job')
      .option('--force', 'without waiting for its runner')
      .action((given: string, { force = false }) =>
        thereWithId(given, async (tools, id) => (await import('./verbs/job.ts')).cancelJob(tools, id, force)),
      )
    verb(job, 'play <id>', 'queue a manual or delayed job now').action(about('playJob'))
    verb(job, 'artifacts <id>', 'list the artifacts of a job, or save them')
      .option('-d, --download <folder>', 'save them into this folder')
      .option('--type <type>', 'only the one of this type, such as archive or junit')
      .option('--replace', 'replace files that exist')
      .action((given: string, options) =>
        thereWithId(given, async (tools, id) =>
          (await import('./verbs/job-artifacts.ts')).artifactsOf(tools, id, options),
        ),
      )
  }

  function addRunnerVerbs(): void {
    const runner = verb(program, 'runner', 'runners')
    verb(runner, 'list', 'list runners, the newest first')
      .option('--status <status>', 'only those of this status')
      .option('--type <type>', 'only those of this type: instance, group or project')
      .option('--tag <tag>', 'only those with this tag')
      .option('--paused', 'only those that are paused')
      .option('--search <text>', 'only those with this text in their name, description or tags')
      .option('--limit <number>', 'how many', countIn, 30)
      .action((filter) => there(async (tools) => (await import('./verbs/runner.ts')).listRunners(tools, filter)))
    verb(runner, 'get <id>', 'show a runner').action((given: string) =>
      thereWithId(given, async (tools, id) => (await import('./verbs/runner.ts')).getRunner(tools, id)),
    )
    verb(runner, 'create', 'create a runner, and show its token once')
      .option('--project <project>', 'for this project, by id or path')
      .option('--group <id>', 'for this group', countIn)
      .option('--description <text>', 'what it is called')
      .option('--tag <tag>', 'a tag; may be repeated', collect)
      .option('--untagged', 'it takes jobs without tags too')
      .option('--paused', 'it takes no jobs yet')
      .option('--locked', 'it cannot be given to further projects')
      .option('--protected', 'it takes jobs of protected refs only')
      .option('--maximum-timeout <seconds>', 'how long its jobs may run', countIn)
      .action((options) => there(async (tools) => (await import('./verbs/runner.ts')).createRunner(tools, options)))
    const pause = (paused: boolean) => (given: string) =>
      thereWithId(given, async (tools, id) => (await import('./verbs/runner.ts')).setPaused(tools, id, paused))
    verb(runner, 'pause <id>', 'let a runner take no more jobs').action(pause(true))
    verb(runner, 'resume <id>', 'let a paused runner take jobs again').action(pause(false))
    verb(runner, 'remove <id>', 'remove a runner; its jobs fail')
      .option('-y, --yes', 'without asking')
      .action((given: string, { yes = false }) =>
        thereWithId(given, async (tools, id) => (await import('./verbs/runner.ts')).removeRunner(tools, id, yes)),
      )
  }
}

const withFilter = (command: Command, what: string): Command =>
  command
    .option('--project <project>', `only ${what} of this project, by id or path`)
    .option('--status <status>', 'only those of this status')
    .option('--ref <ref>', 'only those of this branch or tag')
    .option('--sha <commit>', 'only those of this commit')
    .option('--search <text>', 'only those with this text')
    .option('--limit <number>', 'how many', countIn, 30)

const MOST_ROWS = 100_000

function countIn(text: string): number {
  if (!/^[1-9][0-9]*$/.test(text) || Number(text) > MOST_ROWS * 10)
    throw new InvalidArgumentError('A number is needed.')
  return Number(text)
}

function secondsIn(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 3600)) throw new InvalidArgumentError('Seconds are needed, up to 3600.')
  return seconds
}

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]

function variableIn(text: string, before: readonly { key: string; value: string }[] = []) {
  const [, key, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It has the form KEY=VALUE.')
  return [...before, { key, value }]
}

/** Returns all verbs, for the completion. */
function verbsOf(command: Command, path: readonly string[] = []): readonly Verb[] {
  const children = command.commands.filter((child) => child.name() !== 'help')
  return [
    {
      path: path.join(' '),
      verbs: children.map((child) => ({ name: child.name(), description: child.description() })),
      options: command.options.flatMap(({ long }) => (long ? [long] : [])),
    },
    ...children.flatMap((child) => verbsOf(child, [...path, child.name()])),
  ]
}
