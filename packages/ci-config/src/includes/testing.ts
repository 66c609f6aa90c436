import { ConfigError, type Fault } from '../fault.ts'
import { loadText } from '../inputs/load-text.ts'
import { type Json, toJson } from '../yaml/tree.ts'
import type { ConfigSource } from './config-source.ts'
import { filesSource } from './files-source.ts'
import type { IncludeContext } from './include-run.ts'
import { resolveIncludes } from './resolve-includes.ts'

type Files = Record<string, string>

const VARIABLES = new Map([
  ['BRANCH', { value: 'main' }],
  ['DIR', { value: 'ci' }],
  ['NESTED', { value: '$DIR/x' }],
  ['SECRET', { value: 'hidden-value', masked: true }],
])

/** Returns the configuration with everything that it includes. */
export async function compileIncludes(text: string, given: Partial<IncludeContext> = {}): Promise<Json> {
  const context = { variables: VARIABLES, ...given }
  const { content } = await loadText({ file: null, text }, null, context)
  return toJson(await resolveIncludes(content, context))
}

/** The same, where these files are those of the project. */
export const merged = (text: string, files: Files = {}, source: ConfigSource = {}) =>
  compileIncludes(text, { source: { ...filesSource(files), ...source } })

/** Returns the first fault of a configuration that must be refused. */
export async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    throw new Error(`no refusal: ${JSON.stringify(await work)}`)
  } catch (error) {
    if (error instanceof ConfigError && error.faults[0]) return error.faults[0]
    throw error
  }
}

/** Returns the message with which a configuration is refused. */
export const refusal = async (text: string, files?: Files, source?: ConfigSource) =>
  (await faultOf(merged(text, files, source))).message
