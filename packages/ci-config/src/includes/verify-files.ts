import { ConfigError, faultAt } from '../fault.ts'
import { type LoadedText, readText } from '../inputs/read-text.ts'
import { Dict, type SourceText } from '../yaml/tree.ts'
import type { Including } from './include-entry.ts'
import { TimeoutError } from './include-run.ts'
import type { Fetched, FileProblem, IncludedFile } from './included-file.ts'

/** A file that was included, with what it says. */
export interface VerifiedFile {
  readonly file: IncludedFile
  readonly content: Dict
}

/** What is done with the text of a file. */
export interface Reading {
  /** Returns `spec` with the inputs of the files that its `include` names. */
  withIncluded(spec: Dict, file: IncludedFile): Promise<Dict>
  /** Returns the content as it is merged, or what is wrong with it. */
  finish(content: Dict, file: IncludedFile): Promise<Dict | FileProblem>
}

interface Candidate {
  readonly file: IncludedFile
  problem: FileProblem | ConfigError | null
  fetched?: Promise<Fetched>
  content?: Dict
}

/**
 * Fetches and reads files, in the reference's order: all locations are checked before anything is fetched, and all
 * files are read before the first problem is reported. An error in a file's own includes ends it at once.
 *
 * @throws ConfigError for the first faulty file, and past a limit.
 */
export async function verifyFiles(
  files: readonly IncludedFile[],
  including: Including,
  reading: Reading,
): Promise<VerifiedFile[]> {
  const { run } = including
  const candidates: Candidate[] = []
  for (const file of files) {
    const { keyword, project, entry } = file
    run.count({ keyword, location: String(file.location), project }, entry.place)
    candidates.push({ file, problem: file.checkLocation() })
  }
  for (const candidate of candidates) {
    candidate.problem ??= await candidate.file.checkContext()
    if (candidate.problem) continue
    candidate.fetched = candidate.file.fetch()
    // It is awaited below. An error of an earlier file must not leave this one's unhandled.
    candidate.fetched.catch(() => {})
  }
  for (const candidate of candidates) {
    if (!candidate.fetched) continue
    await run.breathe()
    await read(candidate, await candidate.fetched, including, reading)
  }
  return candidates.map(({ file, problem, content }) => {
    if (problem) throw refusal(problem, file)
    return { file, content: content ?? new Dict() }
  })
}

async function read(candidate: Candidate, fetched: Fetched, { run }: Including, reading: Reading): Promise<void> {
  const { file } = candidate
  const found = await contentOf(fetched, file, run, reading)
  if (found instanceof Dict) candidate.content = found
  else candidate.problem = found
}

async function contentOf(
  fetched: Fetched,
  file: IncludedFile,
  run: Including['run'],
  reading: Reading,
): Promise<Dict | FileProblem | ConfigError> {
  if (!('text' in fetched)) return fetched
  const { text } = fetched
  if (text.trim() === '') return { message: file.emptiness }
  run.countSize(text, file.entry.place)
  const loaded = await load({ file: file.name, text }, file, reading)
  if (loaded instanceof ConfigError) return loaded
  for (const warning of loaded.warnings) run.warn(warning)
  const { content } = loaded
  const finished = content.size === 0 ? content : await reading.finish(content, file)
  if (!(finished instanceof Dict) || finished.size > 0) return finished
  return { message: `Included file \`${file.shown}\` does not have valid YAML syntax!` }
}

async function load(source: SourceText, file: IncludedFile, reading: Reading): Promise<LoadedText | ConfigError> {
  const { variables, component } = file.level
  const withIncluded = (spec: Dict) => reading.withIncluded(spec, file)
  try {
    return await readText(source, file.entry.keys.get('inputs') ?? null, { variables, component, withIncluded })
  } catch (error) {
    if (!(error instanceof ConfigError) || error instanceof TimeoutError) throw error
    if (error instanceof ComponentIncludeError) return error
    const [fault = faultAt('', { place: file.entry.place })] = error.faults
    return new ConfigError({ ...fault, message: `\`${file.shown}\`: ${error.message}` })
  }
}

/** A component whose header includes files. */
export class ComponentIncludeError extends ConfigError {}

function refusal(problem: FileProblem | ConfigError, { entry }: IncludedFile): ConfigError {
  if (problem instanceof ConfigError) return problem
  const { message, hint = null } = problem
  return new ConfigError(faultAt(message, { path: ['include'], place: entry.place, hint }))
}
