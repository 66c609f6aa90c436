import { compile, type Fault, filesSource, type Json, type ShownInput, showInputs } from '@yardmaster/ci-config'
import type { EnteredInputs } from './edited-configuration.ts'

/** A configuration with what it is compiled with. */
export interface ConfigTexts {
  readonly text: string
  /** The texts of further files by path. */
  readonly files: Readonly<Record<string, string>> | undefined
  readonly inputs: EnteredInputs
}

/** What the texts alone tell. */
export interface TextFindings {
  readonly errors: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** The inputs that the text declares; null while it can't be read. */
  readonly inputs: readonly ShownInput[] | null
}

/** Faults of each kind that are shown. */
const MOST = 200

/** What is said of files that are not at hand here. */
const NOT_AT_HAND = /does not exist!|fetches no addresses!|^include:(?:project|component) /

/** Files that are not at hand are not missing: the server says whether they are. */
const isKnown = ({ message }: Fault): boolean => !NOT_AT_HAND.test(message)

async function find({ text, files = {}, inputs: entered }: ConfigTexts): Promise<TextFindings> {
  const source = filesSource(files)
  const inputs = entered as Readonly<Record<string, Json>>
  const compiled = await compile(text, { source, inputs })
  const errors = compiled.valid ? [] : compiled.errors.filter(isKnown)
  return {
    errors: errors.slice(0, MOST),
    warnings: compiled.warnings.slice(0, MOST),
    inputs: await showInputs(text, { source, inputs }),
  }
}

addEventListener('message', ({ data }: MessageEvent<ConfigTexts>) => {
  find(data).then(
    (findings) => postMessage(findings),
    () => postMessage({ errors: [], warnings: [], inputs: null } satisfies TextFindings),
  )
})

// Says that it is ready.
postMessage(null)
