/** What the command knows of a pipeline without a server. */
export interface KnownHere {
  readonly ref: string
  readonly isTag: boolean
  readonly source: string
  readonly defaultBranch: string
  /** The name of the top folder. */
  readonly project: string
  readonly given: readonly { readonly key: string; readonly value: string }[]
}

const SLUG = 63

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '-')
    .slice(0, SLUG)
    .replace(/^-+|-+$/g, '')

/**
 * Lists the variables that rules can use without a server: those of the pipeline and its ref, and the given ones.
 * Variables of the project and of the server are not known here.
 */
export const variablesHere = ({ ref, isTag, source, defaultBranch, project, given }: KnownHere) => [
  { key: 'CI', value: 'true' },
  { key: 'GITLAB_CI', value: 'true' },
  { key: 'CI_PIPELINE_SOURCE', value: source },
  { key: 'CI_PROJECT_NAME', value: project },
  { key: 'CI_PROJECT_PATH', value: project },
  { key: 'CI_DEFAULT_BRANCH', value: defaultBranch },
  { key: 'CI_CONFIG_PATH', value: '.gitlab-ci.yml' },
  { key: 'CI_COMMIT_REF_NAME', value: ref },
  { key: 'CI_COMMIT_REF_SLUG', value: slug(ref) },
  { key: isTag ? 'CI_COMMIT_TAG' : 'CI_COMMIT_BRANCH', value: ref },
  ...given,
]
