import { artifactsRouter } from './artifacts.ts'
import { auditRouter } from './audit.ts'
import { bulkRouter } from './bulk.ts'
import { commitStatusesRouter } from './commit-statuses.ts'
import { environmentsRouter } from './environments.ts'
import { hooksRouter } from './hooks.ts'
import { jobsRouter } from './jobs.ts'
import { overviewRouter } from './overview.ts'
import { pipelinesRouter } from './pipelines.ts'
import { projectTokensRouter } from './project-tokens.ts'
import { groupsRouter, projectsRouter } from './projects.ts'
import { repositoriesRouter } from './repositories.ts'
import { resourceGroupsRouter } from './resource-groups.ts'
import { runnersRouter } from './runners.ts'
import { schedulesRouter } from './schedules.ts'
import { settingsRouter } from './settings.ts'
import { tracesRouter } from './traces.ts'
import { router } from './trpc.ts'
import { usageRouter } from './usage.ts'
import { webhooksRouter } from './webhooks.ts'

/** The admin API. The dashboard imports the type below and nothing else from the server. */
export const appRouter = router({
  overview: overviewRouter,
  runners: runnersRouter,
  projects: projectsRouter,
  projectTokens: projectTokensRouter,
  repositories: repositoriesRouter,
  groups: groupsRouter,
  settings: settingsRouter,
  jobs: jobsRouter,
  bulk: bulkRouter,
  pipelines: pipelinesRouter,
  schedules: schedulesRouter,
  environments: environmentsRouter,
  resourceGroups: resourceGroupsRouter,
  traces: tracesRouter,
  artifacts: artifactsRouter,
  audit: auditRouter,
  hooks: hooksRouter,
  webhooks: webhooksRouter,
  commitStatuses: commitStatusesRouter,
  usage: usageRouter,
})

export type AppRouter = typeof appRouter
