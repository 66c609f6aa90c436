import { type JobVariable, quoted } from '../jobs/predefined-variables.ts'
import { isProtectedRef, type Project } from '../projects/project.ts'

/** The merge or pull request that a pipeline is for, as the caller describes it. */
export interface MergeRequest {
  /** Its number in the project. */
  readonly iid: number
  readonly sourceBranch: string
  readonly targetBranch: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly labels?: readonly string[] | undefined
  /** User names. */
  readonly assignees?: readonly string[] | undefined
  readonly milestone?: string | undefined
  readonly draft?: boolean | undefined
  /** The last commit that both branches have. */
  readonly diffBaseSha?: string | undefined
  /** The path of the project that the source branch is in; absent when it is the same project. */
  readonly sourceProjectPath?: string | undefined
}

/** Characters of a description; the rest is cut off. */
const LONGEST_DESCRIPTION = 2_700

/** Returns the variables `CI_MERGE_REQUEST_*`; those that the caller does not say are absent. */
export function mergeRequestVariables(request: MergeRequest, project: Project): JobVariable[] {
  const { iid, title, description, labels = [], assignees = [], milestone, draft = false, diffBaseSha } = request
  const isProtected = (branch: string) => String(isProtectedRef(project.protectedRefs, branch))
  const given: Readonly<Record<string, string | undefined>> = {
    IID: String(iid),
    EVENT_TYPE: 'detached',
    REF_PATH: `refs/merge-requests/${iid}/head`,
    PROJECT_ID: String(project.id),
    PROJECT_PATH: project.path,
    TARGET_BRANCH_NAME: request.targetBranch,
    TARGET_BRANCH_PROTECTED: isProtected(request.targetBranch),
    SOURCE_BRANCH_NAME: request.sourceBranch,
    SOURCE_BRANCH_PROTECTED: isFromFork(request, project) ? 'false' : isProtected(request.sourceBranch),
    SOURCE_PROJECT_PATH: request.sourceProjectPath ?? project.path,
    TITLE: title,
    DESCRIPTION: description === undefined ? undefined : [...description].slice(0, LONGEST_DESCRIPTION).join(''),
    LABELS: labels.length > 0 ? labels.join(',') : undefined,
    ASSIGNEES: assignees.length > 0 ? listed(assignees) : undefined,
    MILESTONE: milestone,
    DRAFT: String(draft),
    DIFF_BASE_SHA: diffBaseSha,
  }
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [quoted(`CI_MERGE_REQUEST_${name}`, value)],
  )
}

/** Returns whether the source branch is in another project. */
export const isFromFork = ({ sourceProjectPath }: MergeRequest, project: Project): boolean =>
  sourceProjectPath !== undefined && sourceProjectPath !== project.path

const listed = (names: readonly string[]): string => {
  const last = names.at(-1) ?? ''
  return names.length === 1 ? last : `${names.slice(0, -1).join(', ')}, and ${last}`
}
