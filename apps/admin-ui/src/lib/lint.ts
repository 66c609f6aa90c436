/** What the lint page can show of a configuration. */
export const LINT_TABS = ['merged'] as const

/** Where a pipeline comes from, as `pipelines.lint` takes it, and in words. */
const SOURCE_WORDS = {
  push: 'Push',
  merge_request_event: 'Merge request',
  web: 'Started here',
  api: 'API',
  schedule: 'Schedule',
  trigger: 'Trigger',
  parent_pipeline: 'Parent pipeline',
} as const

export type LintSource = keyof typeof SOURCE_WORDS
export const LINT_SOURCES = Object.keys(SOURCE_WORDS) as LintSource[]
export const SOURCE_OPTIONS = Object.entries(SOURCE_WORDS)

/** What a person wrote on the lint page. */
export interface Draft {
  readonly text: string
  /** One path a line; null when it is not known what changed. */
  readonly changed: string | null
  /** Further files, in their order on screen. */
  readonly files: readonly { readonly path: string; readonly text: string }[]
  /** Values of inputs by name. */
  readonly inputs: Readonly<Record<string, unknown>>
}

const KEY = 'yardmaster-lint'

const EXAMPLE = `stages: [build, test, deploy]

build:
  stage: build
  script:
    - make

test:
  stage: test
  needs: [build]
  parallel:
    matrix:
      - SUITE: [unit, browser]
  script:
    - make test-$SUITE

deploy:
  stage: deploy
  script:
    - make deploy
  rules:
    - if: $CI_COMMIT_TAG
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: manual
`

/** Returns what was written in this tab of the browser, or an example. */
export function keptDraft(): Draft {
  try {
    const kept: Partial<Record<keyof Draft, unknown>> = JSON.parse(sessionStorage.getItem(KEY) ?? '{}')
    const { text, changed, files, inputs } = kept
    if (typeof text === 'string') {
      return {
        text,
        changed: typeof changed === 'string' ? changed : null,
        files: Array.isArray(files) ? files.filter(isFile) : [],
        inputs: isRecord(inputs) ? inputs : {},
      }
    }
  } catch {
    // What another release kept is of no use.
  }
  return { text: EXAMPLE, changed: null, files: [], inputs: {} }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFile = (value: unknown): value is Draft['files'][number] =>
  isRecord(value) && typeof value.path === 'string' && typeof value.text === 'string'

/** Forgets the draft: the next person at this browser is not to read it. */
export const forgetDraft = (): void => sessionStorage.removeItem(KEY)

/** Keeps a draft until the tab is closed, or its user signs out. A text that is too large for the browser is not kept. */
export function keepDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft))
  } catch {
    sessionStorage.removeItem(KEY)
  }
}
