import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import {
  type Compiled,
  type Configuration,
  chooseJobs,
  compile,
  filesSource,
  isTrue,
  type Json,
  planPipeline,
} from '@yardmaster/ci-config'
import { compiledForm, decisionForm } from './reference-form.ts'

/** What a case asks: to compile a file or a text, to choose the jobs of a pipeline, or whether an expression holds. */
export type Case = { readonly id: string } & (
  | { readonly kind: 'file'; readonly file: string; readonly root: string }
  | { readonly kind: 'text'; readonly text: string; readonly root?: string }
  | { readonly kind: 'pipeline'; readonly file: string; readonly root: string; readonly context: Context }
  | { readonly kind: 'expression'; readonly expr: string; readonly vars?: Readonly<Record<string, string>> }
)

interface Context {
  readonly source: string
  readonly ref: string
  readonly tag: boolean
  readonly changed: readonly string[] | null
  readonly variables: Readonly<Record<string, string>>
}

/** What is known before a file of the corpus is read. */
const KNOWN = {
  CI: 'true',
  GITLAB_CI: 'true',
  CI_COMMIT_BRANCH: 'main',
  CI_DEFAULT_BRANCH: 'main',
  CI_COMMIT_REF_NAME: 'main',
  CI_PIPELINE_SOURCE: 'push',
  CI_COMMIT_SHA: 'a'.repeat(40),
  CI_PROJECT_PATH: 'group/project',
  CI_PROJECT_NAMESPACE: 'group',
  CI_PROJECT_NAME: 'project',
  CI_SERVER_URL: 'https://ci.example.com',
  CI_SERVER_HOST: 'ci.example.com',
}

/** Answers a case. One that throws is an answer too: an invalid text, with what was thrown as its error. */
export async function answerCase(given: Case, inputs: string): Promise<Record<string, Json>> {
  try {
    return { id: given.id, ...(await answer(given, inputs)) }
  } catch (error) {
    return { id: given.id, outcome: 'invalid', errors: [String(error)], warnings: [] }
  }
}

async function answer(given: Case, inputs: string): Promise<Record<string, Json>> {
  if (given.kind === 'expression') {
    const truthful = isTrue(given.expr, new Map(Object.entries(given.vars ?? {})))
    return truthful === null ? { valid: false } : { valid: true, truthful }
  }
  const root = given.root === undefined ? null : join(inputs, given.root)
  const text = given.kind === 'text' ? given.text : readFileSync(join(inputs, given.file), 'utf8')
  const compiled = await compileIn(root, text)
  if (given.kind !== 'pipeline') return compiledForm(compiled)
  if (!compiled.valid) throw new Error(compiled.errors[0]?.message)
  return pipelineAnswer(compiled.configuration, given.context, root === null ? [] : Object.keys(filesBelow(root)))
}

/** Returns the merged configuration of a file, or null when it does not compile. */
export async function mergedText(file: string, root: string, inputs: string): Promise<string | null> {
  const { merged } = await planPipeline({
    text: readFileSync(join(inputs, file), 'utf8'),
    files: filesBelow(join(inputs, root)),
    inputs: {},
    variables: Object.entries(KNOWN).map(([key, value]) => ({ key, value })),
    facts: { source: 'push', ref: 'main', refKind: 'branch', projectPath: KNOWN.CI_PROJECT_PATH, changedPaths: null },
    maxJobs: 500,
  })
  return merged
}

let last: { readonly root: string | null; readonly text: string; readonly compiled: Promise<Compiled> } | undefined

/** Compiles a text with the files below a folder. Cases about one file follow each other, so the last result is kept. */
function compileIn(root: string | null, text: string): Promise<Compiled> {
  if (last?.root !== root || last.text !== text) {
    const compiled = compile(text, {
      source: filesSource(root === null ? {} : filesBelow(root)),
      variables: new Map(Object.entries(KNOWN).map(([name, value]) => [name, { value }])),
    })
    last = { root, text, compiled }
  }
  return last.compiled
}

function pipelineAnswer(configuration: Configuration, context: Context, files: string[]): Record<string, Json> {
  const choice = chooseJobs(configuration, {
    facts: {
      source: context.source,
      ref: context.ref,
      refKind: context.tag ? 'tag' : context.source === 'merge_request_event' ? 'other' : 'branch',
      projectPath: KNOWN.CI_PROJECT_PATH,
      changedPaths: context.changed,
      files,
    },
    variables: new Map(Object.entries(context.variables)),
  })
  if (!choice.created) return choice.error === undefined ? { workflow: 'never' } : { workflow_error: [choice.error] }
  const jobs = [...choice.decisions].flatMap(([job, decision]) => {
    const form = decisionForm(decision)
    return form === null ? [] : [[job.name, form] as const]
  })
  return { jobs: Object.fromEntries(jobs) }
}

const readFolders = new Map<string, Record<string, string>>()

/** The files below a folder, by their paths in it. One folder is asked for by many cases. */
function filesBelow(root: string): Record<string, string> {
  const known = readFolders.get(root)
  if (known) return known
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(root, path), readFileSync(path, 'utf8')] as const)
    .toSorted(([first], [second]) => (first < second ? -1 : 1))
  const found = Object.fromEntries(files)
  readFolders.set(root, found)
  return found
}
