import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, httpLink, httpSubscriptionLink, splitLink, type TRPCLink } from '@trpc/client'
import { createTRPCOptionsProxy, type inferOutput } from '@trpc/tanstack-react-query'
import type { AppRouter } from '@yardmaster/gateway/api'
import { gatewayPath } from './base.ts'
import { codeOf } from './refusal.ts'
import { endSession } from './session.ts'

const url = gatewayPath('/trpc')

/** Removes the direction that infinite queries send: our lists have only one, and refuse unknown input. */
const oneDirection: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    const { input } = op
    if (typeof input !== 'object' || input === null || !('direction' in input)) return next(op)
    const { direction: _, ...rest } = input
    return next({ ...op, input: rest })
  }

export const client = createTRPCClient<AppRouter>({
  links: [
    oneDirection,
    splitLink({
      condition: ({ type }) => type === 'subscription',
      true: httpSubscriptionLink({ url }),
      false: splitLink({
        // A configuration does not fit into an address.
        condition: ({ path }) => path === 'pipelines.lint',
        true: httpLink({ url, methodOverride: 'POST' }),
        false: splitLink({
          // Windows of a log are fetched alone, and many things changed alone: a batch would wait for its slowest request.
          condition: ({ path }) => path.startsWith('traces.') || /\.change(?:Many|Matching)$/.test(path),
          true: httpLink({ url }),
          false: httpBatchLink({ url, maxURLLength: 8000 }),
        }),
      }),
    }),
  ],
})

/** Refusals are answers, which a retry would not change. Requests without an answer are retried. */
const isAnswer = (error: unknown): boolean => codeOf(error) !== null

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveIfSignedOut }),
  mutationCache: new MutationCache({
    onError(error) {
      if (codeOf(error) === 'UNAUTHORIZED') endSession({ acted: true })
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => !isAnswer(error) && failures < 3,
    },
    mutations: { retry: false },
  },
})

/** For requests that the page makes by itself, without an action of the user. */
export function leaveIfSignedOut(error: unknown): void {
  if (codeOf(error) === 'UNAUTHORIZED') endSession({ acted: false })
}

export const trpc = createTRPCOptionsProxy<AppRouter>({ client, queryClient })

export type Job = inferOutput<typeof trpc.jobs.get>
export type Pipeline = inferOutput<typeof trpc.pipelines.list>['items'][number]
export type Environment = inferOutput<typeof trpc.environments.get>
export type ResourceGroup = inferOutput<typeof trpc.resourceGroups.list>['items'][number]
export type CommitStatus = inferOutput<typeof trpc.commitStatuses.list>['items'][number]
export type Deployment = NonNullable<Environment['lastDeployment']>
export type PipelineTests = inferOutput<typeof trpc.pipelines.tests>
export type JobInPipeline = inferOutput<typeof trpc.pipelines.jobs>['jobs'][number]
export type JobDetails = inferOutput<typeof trpc.jobs.details>
export type TraceLines = inferOutput<typeof trpc.traces.lines>
export type TraceOutline = inferOutput<typeof trpc.traces.outline>
export type TraceSearch = inferOutput<typeof trpc.traces.search>
export type Lint = inferOutput<typeof trpc.pipelines.lint>
export type Runner = inferOutput<typeof trpc.runners.list>['items'][number]
export type RunnerWithManagers = inferOutput<typeof trpc.runners.get>
export type Project = inferOutput<typeof trpc.projects.get>
export type ProjectToken = inferOutput<typeof trpc.projectTokens.list>['items'][number]
export type Schedule = inferOutput<typeof trpc.schedules.list>['items'][number]
export type ScheduleDetails = inferOutput<typeof trpc.schedules.get>
export type Webhook = inferOutput<typeof trpc.webhooks.get>
export type Delivery = inferOutput<typeof trpc.webhooks.deliveries>['items'][number]
export type Hooks = inferOutput<typeof trpc.hooks.get>
export type HookDelivery = inferOutput<typeof trpc.hooks.list>['items'][number]
export type Overview = inferOutput<typeof trpc.overview.get>
export type AuditEvent = inferOutput<typeof trpc.audit.list>['items'][number]
export type ProjectStored = inferOutput<typeof trpc.usage.storage>['items'][number]
export type ProjectUsed = inferOutput<typeof trpc.usage.projects>['items'][number]
export type RunnerUsed = inferOutput<typeof trpc.usage.runners>['items'][number]
export type JobTimes = inferOutput<typeof trpc.usage.times>
export type Settings = inferOutput<typeof trpc.settings.get>
export type Limits = inferOutput<typeof trpc.settings.limits>

type Routers = AppRouter['_def']['record']
type Paths<Namespace extends keyof Routers & string> = {
  [Name in keyof Routers[Namespace] & string]: Routers[Namespace][Name] extends { _def: { type: 'mutation' } }
    ? `${Namespace}.${Name}`
    : never
}[keyof Routers[Namespace] & string]

/** The mutations of the admin API, by their paths. */
export type Mutation = { [Namespace in keyof Routers & string]: Paths<Namespace> }[keyof Routers & string]
