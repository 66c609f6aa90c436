import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import type { View } from '@yardmaster/common'
import { Shell } from './components/shell.tsx'
import { SUBJECT_KINDS } from './lib/audit.ts'
import { BASE } from './lib/base.ts'
import { LINT_SOURCES, LINT_TABS } from './lib/lint.ts'
import { SPANS } from './lib/months.ts'
import { flag, given, id, month, oneOf, text } from './lib/search.ts'
import { TEST_VIEWS } from './lib/test-views.ts'
import {
  ARRANGEMENTS,
  JOB_STATUSES,
  PIPELINE_CREATORS,
  PIPELINE_SOURCES,
  RUNNER_STATUSES,
  RUNNER_TYPES,
} from './lib/words.ts'
import { AuditPage } from './pages/audit.tsx'
import { JobPage } from './pages/job.tsx'
import { JobsPage } from './pages/jobs.tsx'
import { Crashed, NotFoundPage } from './pages/not-found.tsx'
import { PipelinePage } from './pages/pipeline.tsx'
import { PipelinesPage } from './pages/pipelines.tsx'
import { ProjectPage } from './pages/project.tsx'
import { ProjectsPage } from './pages/projects.tsx'
import { RunnerPage } from './pages/runner.tsx'
import { RunnersPage } from './pages/runners.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { UsagePage } from './pages/usage.tsx'
import { WebhookPage } from './pages/webhook.tsx'
import { WebhooksPage } from './pages/webhooks.tsx'

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => (
    <Shell>
      <NotFoundPage />
    </Shell>
  ),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>) => given({ next: text(raw, 'next') }),
  component: SignInPage,
})

/** A route without a path, around every view that requires a sign-in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/pipelines', replace: true })
  },
})

const pipelines = createRoute({
  getParentRoute: () => shell,
  path: '/pipelines',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      status: oneOf(raw, 'status', JOB_STATUSES),
      project: id(raw, 'project'),
      ref: text(raw, 'ref'),
      source: oneOf(raw, 'source', PIPELINE_SOURCES),
      by: oneOf(raw, 'by', PIPELINE_CREATORS),
      q: text(raw, 'q'),
    }),
  component: PipelinesPage,
})

const pipeline = createRoute({
  getParentRoute: () => shell,
  path: '/pipelines/$pipelineId',
  params: {
    parse: ({ pipelineId }) => ({ pipelineId: Number(pipelineId) }),
    stringify: ({ pipelineId }) => ({ pipelineId: String(pipelineId) }),
  },
  validateSearch: (raw: Record<string, unknown>) =>
    given({ by: oneOf(raw, 'by', ARRANGEMENTS), tests: oneOf(raw, 'tests', TEST_VIEWS) }),
  component: PipelinePage,
})

const schedules = createRoute({
  getParentRoute: () => shell,
  path: '/schedules',
  validateSearch: (raw: Record<string, unknown>) =>
    given({ project: id(raw, 'project'), edit: id(raw, 'edit'), new: flag(raw, 'new') }),
  // The editor in its form is larger than all other views together.
  component: lazyRouteComponent(() => import('./pages/schedules.tsx'), 'SchedulesPage'),
})

const jobs = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      status: oneOf(raw, 'status', JOB_STATUSES),
      project: id(raw, 'project'),
      pipeline: id(raw, 'pipeline'),
      runner: id(raw, 'runner'),
      tag: text(raw, 'tag'),
      ref: text(raw, 'ref'),
      sha: text(raw, 'sha'),
      q: text(raw, 'q'),
      sort: oneOf(raw, 'sort', ['oldest']),
      new: flag(raw, 'new'),
    }),
  component: JobsPage,
})

const job = createRoute({
  getParentRoute: () => shell,
  path: '/jobs/$jobId',
  params: { parse: ({ jobId }) => ({ jobId: Number(jobId) }), stringify: ({ jobId }) => ({ jobId: String(jobId) }) },
  component: JobPage,
})

const runners = createRoute({
  getParentRoute: () => shell,
  path: '/runners',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      status: oneOf(raw, 'status', RUNNER_STATUSES),
      type: oneOf(raw, 'type', RUNNER_TYPES),
      paused: flag(raw, 'paused'),
      tag: text(raw, 'tag'),
      q: text(raw, 'q'),
      new: flag(raw, 'new'),
    }),
  component: RunnersPage,
})

const runner = createRoute({
  getParentRoute: () => shell,
  path: '/runners/$runnerId',
  params: {
    parse: ({ runnerId }) => ({ runnerId: Number(runnerId) }),
    stringify: ({ runnerId }) => ({ runnerId: String(runnerId) }),
  },
  component: RunnerPage,
})

const projects = createRoute({
  getParentRoute: () => shell,
  path: '/projects',
  validateSearch: (raw: Record<string, unknown>) => given({ q: text(raw, 'q'), new: flag(raw, 'new') }),
  component: ProjectsPage,
})

const project = createRoute({
  getParentRoute: () => shell,
  path: '/projects/$projectId',
  params: {
    parse: ({ projectId }) => ({ projectId: Number(projectId) }),
    stringify: ({ projectId }) => ({ projectId: String(projectId) }),
  },
  component: ProjectPage,
})

const lint = createRoute({
  getParentRoute: () => shell,
  path: '/lint',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      project: id(raw, 'project'),
      ref: text(raw, 'ref'),
      tag: flag(raw, 'tag'),
      source: oneOf(raw, 'source', LINT_SOURCES),
      target: text(raw, 'target'),
      tab: oneOf(raw, 'tab', LINT_TABS),
    }),
  // It has the same editor.
  component: lazyRouteComponent(() => import('./pages/lint.tsx'), 'LintPage'),
})

const settings = createRoute({ getParentRoute: () => shell, path: '/settings', component: SettingsPage })

const webhooks = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks',
  validateSearch: (raw: Record<string, unknown>) => given({ new: flag(raw, 'new') }),
  component: WebhooksPage,
})

const webhook = createRoute({
  getParentRoute: () => shell,
  path: '/webhooks/$webhookId',
  params: {
    parse: ({ webhookId }) => ({ webhookId: Number(webhookId) }),
    stringify: ({ webhookId }) => ({ webhookId: String(webhookId) }),
  },
  component: WebhookPage,
})

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/audit',
  validateSearch: (raw: Record<string, unknown>) =>
    given({ action: text(raw, 'action'), kind: oneOf(raw, 'kind', SUBJECT_KINDS), id: id(raw, 'id') }),
  component: AuditPage,
})

const usage = createRoute({
  getParentRoute: () => shell,
  path: '/usage',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      month: month(raw, 'month'),
      hours: SPANS.map(([hours]) => hours).find((hours) => hours === Number(raw.hours)),
    }),
  component: UsagePage,
})

const views = [
  home,
  pipelines,
  pipeline,
  schedules,
  jobs,
  job,
  runners,
  runner,
  projects,
  project,
  lint,
  settings,
  webhooks,
  webhook,
  audit,
  usage,
] as const

type Path = (typeof views)[number]['fullPath']
type Served<Path extends View> = Path
type Routed<Every extends Path> = Every
/**
 * The gateway serves the page at the addresses of `View`. Fails to compile when a route is missing there, or an address
 * has no route: the view could then be opened by a click, but not by its address.
 *
 * @public Only the compiler reads it.
 */
export type EveryView = Served<Path> | Routed<View>

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren(views)]),
  basepath: BASE || '/',
  notFoundMode: 'root',
  // Drops parameters that a view does not know or cannot read from the address, instead of passing them on.
  search: { strict: true },
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
