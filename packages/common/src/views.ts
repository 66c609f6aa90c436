/**
 * The views of the dashboard that have an address, spelled as its routes spell them: `$` and a name stand for an id.
 * The gateway serves the page at these paths, and the compiler checks the dashboard's routes against them.
 */
export const VIEWS = [
  '/',
  '/pipelines',
  '/pipelines/$pipelineId',
  '/schedules',
  '/jobs',
  '/jobs/$jobId',
  '/runners',
  '/runners/$runnerId',
  '/projects',
  '/projects/$projectId',
  '/webhooks',
  '/webhooks/$webhookId',
  '/settings',
  '/audit',
  '/usage',
  '/lint',
] as const
export type View = (typeof VIEWS)[number]

/** Returns whether the dashboard has a view at a path. */
export const isView = (path: string): boolean => PATTERN.test(path)

const PATTERN = new RegExp(
  `^(?:${VIEWS.map((view) => view.replaceAll(/\$\w+/g, '\\d+').replace(/\/$/, '')).join('|')})/?$`,
)
