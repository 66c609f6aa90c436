import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { OnRecord } from '../components/audit-event.tsx'
import { JobTable } from '../components/jobs/job-table.tsx'
import { RunnerActions } from '../components/runners/runner-actions.tsx'
import { RunnerProjects } from '../components/runners/runner-projects.tsx'
import { buttonStyle } from '../components/ui/button.tsx'
import { Chip, Tags } from '../components/ui/chip.tsx'
import { Fact, Facts, Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import { RunnerStatusBadge } from '../components/ui/status.tsx'
import { Ago } from '../components/ui/time.tsx'
import { type RunnerWithManagers, trpc } from '../lib/api.ts'
import { runnerName } from '../lib/lists.ts'
import { useLive } from '../lib/live.ts'
import { codeOf } from '../lib/refusal.ts'
import { secondsInWords } from '../lib/time.ts'
import { RUNNER_TYPE_WORDS } from '../lib/words.ts'
import { NotFoundPage } from './not-found.tsx'

const route = getRouteApi('/shell/runners/$runnerId')
const RECHECK_MS = 10_000
const LATEST = 20

export function RunnerPage() {
  const { runnerId } = route.useParams()
  const navigate = useNavigate()
  useLive('runners')
  useLive('jobs')
  const runner = useQuery(trpc.runners.get.queryOptions({ id: runnerId }, { refetchInterval: RECHECK_MS }))
  const jobs = useQuery(trpc.jobs.list.queryOptions({ runnerId, limit: LATEST }))
  const { data } = runner

  if (['NOT_FOUND', 'BAD_REQUEST'].includes(codeOf(runner.error) ?? '')) return <NotFoundPage what="runner" />
  if (runner.isError && !data) return <Failed error={runner.error} onRetry={() => void runner.refetch()} />
  return (
    <>
      <PageHeader
        above={
          <Link to="/runners" className="hover:underline">
            Runners
          </Link>
        }
        title={data ? runnerName(data) : `Runner ${runnerId}`}
        tab={data ? runnerName(data) : `Runner ${runnerId}`}
        beside={
          <>
            <span className="text-soft">#{runnerId}</span>
            {data && <RunnerStatusBadge status={data.status} paused={data.paused} />}
          </>
        }
      >
        {data && <RunnerActions runner={data} onRemoved={() => void navigate({ to: '/runners' })} />}
      </PageHeader>
      <div className="grid items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <div className="grid gap-4">
          <Panel title="About">{data ? <About runner={data} /> : <div className="h-64" />}</Panel>
          {data?.runnerType === 'project_type' && <RunnerProjects runner={data} />}
        </div>
        <div className="grid min-w-0 gap-4">
          <Panel title="Managers" flush>
            {data ? <Managers runner={data} /> : <div className="h-20" />}
          </Panel>
          <section aria-label="Latest jobs">
            <div className="mb-2 flex items-center justify-between">
              <h2 className="text-sm font-semibold">Latest jobs</h2>
              <Link to="/jobs" search={{ runner: runnerId }} className={buttonStyle('quiet')}>
                All its jobs
              </Link>
            </div>
            {jobs.data?.items.length === 0 ? (
              <p className="rounded-lg border border-line bg-panel px-4 py-6 text-center text-sm text-soft">
                It has not taken any jobs yet.
              </p>
            ) : (
              <JobTable label="Latest jobs of this runner" jobs={jobs.data?.items} ofRunner />
            )}
          </section>
        </div>
      </div>
    </>
  )
}

function About({ runner }: { runner: RunnerWithManagers }) {
  return (
    <Facts>
      <Fact name="Type">{RUNNER_TYPE_WORDS[runner.runnerType]}</Fact>
      <Fact name="Tags">{runner.tagList.length > 0 ? <Tags tags={runner.tagList} /> : 'none'}</Fact>
      <Fact name="Takes">
        {runner.runUntagged ? 'tagged and untagged jobs' : 'tagged jobs only'}
        {runner.accessLevel === 'ref_protected' && ', of protected refs'}
      </Fact>
      <Fact name="Running now">
        {runner.runningJobs} {runner.runningJobs === 1 ? 'job' : 'jobs'}
      </Fact>
      <Fact name="Last contact">
        <Ago at={runner.contactedAt} never="never" />
      </Fact>
      <Fact name="Created">
        <Ago at={runner.createdAt} />
      </Fact>
      <Fact name="Job time limit">
        {runner.maximumTimeout === null ? 'no limit of its own' : secondsInWords(runner.maximumTimeout)}
      </Fact>
      <Fact name="Cost factor">{runner.costFactor}</Fact>
      <Fact name="Locked">{runner.locked ? 'yes' : 'no'}</Fact>
      <Fact name="Token">
        <code className="font-mono text-xs">{runner.tokenPrefix}…</code>
        {runner.tokenExpiresAt && (
          <span className="text-soft">
            , expires <Ago at={runner.tokenExpiresAt} />
          </span>
        )}
      </Fact>
      <Fact name="History">
        <OnRecord kind="runner" id={runner.id} />
      </Fact>
      {runner.maintenanceNote && (
        <Fact name="Note">
          <span className="whitespace-pre-wrap">{runner.maintenanceNote}</span>
        </Fact>
      )}
    </Facts>
  )
}

/** The managers: one for each machine that uses the runner's token. */
function Managers({ runner }: { runner: RunnerWithManagers }) {
  if (runner.managers.length === 0) {
    return (
      <p className="px-4 py-6 text-center text-sm text-soft">
        No machine uses this runner’s token yet. Register one with it, or rotate the token if it is lost.
      </p>
    )
  }
  return (
    <ul>
      {runner.managers.map((manager) => (
        <li
          key={manager.id}
          className="grid gap-x-4 gap-y-0.5 border-b border-line px-4 py-2.5 text-sm last:border-0 sm:grid-cols-[7rem_minmax(0,1fr)_auto]"
        >
          <RunnerStatusBadge status={manager.status} />
          <span className="min-w-0">
            <code className="font-mono text-xs">{manager.systemId}</code>
            <span className="mt-0.5 flex flex-wrap gap-x-2 gap-y-1 text-xs text-soft">
              {manager.version && (
                <span>
                  {manager.version}
                  {manager.revision && ` (${manager.revision})`}
                </span>
              )}
              {manager.executor && <Chip>{manager.executor}</Chip>}
              {(manager.platform || manager.architecture) && (
                <span>{[manager.platform, manager.architecture].filter(Boolean).join('/')}</span>
              )}
              {manager.ipAddress && <span>{manager.ipAddress}</span>}
            </span>
          </span>
          <span className="text-xs text-soft">
            <Ago at={manager.contactedAt} never="never" />
          </span>
        </li>
      ))}
    </ul>
  )
}
