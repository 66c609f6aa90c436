import { createRootRoute, createRoute, createRouter, Outlet, redirect } from '@tanstack/react-router'
import { Shell } from './components/shell.tsx'
import { BASE } from './lib/base.ts'
import { flag, given, id, oneOf, text } from './lib/search.ts'
import { JOB_STATUSES, RUNNER_STATUSES, RUNNER_TYPES } from './lib/words.ts'
import { JobPage } from './pages/job.tsx'
import { JobsPage } from './pages/jobs.tsx'
import { Crashed, NotFoundPage } from './pages/not-found.tsx'
import { ProjectPage } from './pages/project.tsx'
import { ProjectsPage } from './pages/projects.tsx'
import { RunnerPage } from './pages/runner.tsx'
import { RunnersPage } from './pages/runners.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { SignInPage } from './pages/sign-in.tsx'

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
  validateSearch: (raw: Record<string, unknown>) => given({ next: text(raw, 'next'), token: text(raw, 'token') }),
  component: SignInPage,
})

/** A route without a path: everything for which one has to be signed in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
})

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs', replace: true })
  },
})

const jobs = createRoute({
  getParentRoute: () => shell,
  path: '/jobs',
  validateSearch: (raw: Record<string, unknown>) =>
    given({
      status: oneOf(raw, 'status', JOB_STATUSES),
      project: id(raw, 'project'),
      runner: id(raw, 'runner'),
      tag: text(raw, 'tag'),
      q: text(raw, 'q'),
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

const settings = createRoute({ getParentRoute: () => shell, path: '/settings', component: SettingsPage })

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    shell.addChildren([home, jobs, job, runners, runner, projects, project, settings]),
  ]),
  basepath: BASE || '/',
  notFoundMode: 'root',
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
