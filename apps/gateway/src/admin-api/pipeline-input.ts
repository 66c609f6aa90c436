import { faultInLine, faultInText, LINE_PATTERNS, TEXT_PATTERNS } from '@yardmaster/common'
import { PIPELINE_SOURCES } from '@yardmaster/domain/pipelines'
import { z } from 'zod'
import { Id, LONGEST, line, proseOrNothing, Ref, text, VariableKey, VariableValue } from './inputs.ts'

/** The id of a commit. */
export const Sha = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'a full commit id: 40 or 64 lower-case hex digits')

/** A variable of a pipeline. */
export const PipelineVariable = z.strictObject({
  key: VariableKey,
  value: VariableValue,
  masked: z.boolean().optional(),
  file: z.boolean().optional(),
  raw: z.boolean().optional(),
  public: z.boolean().optional(),
})

/** The members of every new pipeline. */
export const pipelineMembers = {
  projectId: Id.optional(),
  ref: Ref.optional(),
  tag: z.boolean().optional(),
  sha: Sha.optional(),
  variables: z.array(PipelineVariable).max(1000).optional(),
}

/** Characters of a path. */
const LONGEST_PATH = 1_024
const MOST_FILES = 1_000
const MOST_CHANGES = 10_000
const MOST_INPUTS = 100

/** Returns why a text is no path of a file in a repository, or null when it is one. */
function faultInPath(path: string): string | null {
  const fault = faultInLine(path)
  if (fault) return `found ${fault.found}; allowed: ${fault.allowed}`
  if ([...path].length > LONGEST_PATH) return `more than ${LONGEST_PATH} characters`
  if (path.startsWith('/')) return 'found a slash at the start; allowed: a path from the top folder'
  return path.split('/').some((name) => name === '..' || name === '.' || name === '')
    ? 'found a name that is empty, "." or ".."; allowed: a path from the top folder'
    : null
}

/** The same check for clients: names without a slash, none of them `.` or `..`. */
const PATH_SCHEMA = {
  maxLength: LONGEST_PATH,
  allOf: [...LINE_PATTERNS, '^(?!\\.{1,2}(?:/|$))[^/]+(?:/(?!\\.{1,2}(?:/|$))[^/]+)*$'].map((pattern) => ({ pattern })),
}

const FilePath = z
  .string()
  .superRefine((path, context) => {
    const fault = faultInPath(path)
    if (fault !== null) context.addIssue(fault)
  })
  .meta(PATH_SCHEMA)

/** Texts by path. Their size together is limited with the body (`read-input.ts`). */
export const Files = z
  .record(z.string(), text(LONGEST))
  .superRefine((files, context) => {
    const paths = Object.keys(files)
    if (paths.length > MOST_FILES) context.addIssue(`found ${paths.length} files; allowed: at most ${MOST_FILES}`)
    for (const path of paths) {
      const fault = faultInPath(path)
      if (fault !== null) context.addIssue({ code: 'custom', path: [path], message: fault })
    }
  })
  .meta({ maxProperties: MOST_FILES, propertyNames: { type: 'string', ...PATH_SCHEMA } })

/** Values of any type by name: which one each needs is said by the configuration. */
export const Inputs = z
  .record(z.string(), z.unknown())
  .superRefine((inputs, context) => {
    const count = Object.keys(inputs).length
    if (count > MOST_INPUTS) context.addIssue(`found ${count} inputs; allowed: at most ${MOST_INPUTS}`)
    const fault = faultWithin(inputs)
    if (fault) context.addIssue(`found ${fault.found}; allowed: ${fault.allowed}`)
  })
  .meta({
    maxProperties: MOST_INPUTS,
    propertyNames: { type: 'string', allOf: TEXT_PATTERNS.map((pattern) => ({ pattern })) },
  })

/** Returns the first fault in a text of a JSON value, names included. The depth is limited with the body. */
function faultWithin(value: unknown): ReturnType<typeof faultInText> {
  if (typeof value === 'string') return faultInText(value)
  if (typeof value !== 'object' || value === null) return null
  for (const [name, member] of Object.entries(value)) {
    const fault = faultInText(name) ?? faultWithin(member)
    if (fault) return fault
  }
  return null
}

/** Without a colon, because the subject of an id token has one after each of its parts. */
const ProjectPath = line(255).regex(/^[^\s:]+$/, 'the path of a project')

const MergeRequest = z.strictObject({
  iid: Id,
  sourceBranch: Ref,
  targetBranch: Ref,
  title: line(255).optional(),
  description: proseOrNothing(10_000).optional(),
  labels: z.array(line(255)).max(100).optional(),
  assignees: z.array(line(255)).max(100).optional(),
  milestone: line(255).optional(),
  draft: z.boolean().optional(),
  diffBaseSha: Sha.optional(),
  sourceProjectPath: ProjectPath.optional(),
})

/** The name of a working tree, behind `refs/runs/`. */
const RunName = line(100).regex(
  /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/,
  'letters, digits and single dots, dashes and underscores between them',
)
const MOST_NAMED_JOBS = 500

/** The input of procedures that compile a configuration. */
export const PipelineInput = z
  .strictObject({
    ...pipelineMembers,
    beforeSha: Sha.optional(),
    source: z.enum(PIPELINE_SOURCES).optional(),
    content: text(LONGEST).optional(),
    files: Files.optional(),
    changedPaths: z.array(FilePath).max(MOST_CHANGES).optional(),
    inputs: Inputs.optional(),
    mergeRequest: MergeRequest.optional(),
    run: RunName.optional().describe('A working tree that was pushed to `refs/runs/`, in place of `sha`.'),
    jobs: z
      .array(line(255))
      .min(1)
      .max(MOST_NAMED_JOBS)
      .optional()
      .describe('Only these jobs, and those that they need. Default: all.'),
    dryRun: z.boolean().optional(),
  })
  .refine(({ sha, run }) => sha === undefined || run === undefined, {
    message: 'found a commit beside `run`; allowed: one of the two',
    path: ['sha'],
  })
