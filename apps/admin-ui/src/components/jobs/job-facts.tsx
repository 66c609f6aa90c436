import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type Job, type JobDetails, trpc } from '../../lib/api.ts'
import { runnerName } from '../../lib/lists.ts'
import { secondsInWords } from '../../lib/time.ts'
import { exitCodeWords, failureWords, percentage } from '../../lib/words.ts'
import { OnRecord } from '../audit-event.tsx'
import { Button } from '../ui/button.tsx'
import { Chip, Tags } from '../ui/chip.tsx'
import { LockIcon } from '../ui/icons.tsx'
import { Fact, Facts, Panel } from '../ui/page.tsx'
import { RefName } from '../ui/ref-name.tsx'
import { Ago } from '../ui/time.tsx'
import { FailureQuote } from './failure-quote.tsx'

const FIRST_VARIABLES = 12

const TIMEOUT_SOURCES = { job: 'set by the job', project: 'set by the project', runner: 'set by the runner' } as const

/** The facts about a job, shown beside its log. */
export function JobFacts({ job }: { job: Job }) {
  const { data: details } = useQuery(trpc.jobs.details.queryOptions({ id: job.id }))
  return (
    <>
      <Panel title="About">
        <Facts>
          <Fact name="Project">
            <Link to="/projects/$projectId" params={{ projectId: job.projectId }} className="hover:underline">
              {job.projectPath}
            </Link>
          </Fact>
          <Fact name="Pipeline">
            <Link to="/pipelines/$pipelineId" params={{ pipelineId: job.pipelineId }} className="hover:underline">
              #{job.pipelineId}
            </Link>
          </Fact>
          <Fact name="Ref">
            <span className="flex items-center gap-1.5">
              <RefName of={job} />
              {job.protected && <Chip>protected</Chip>}
            </span>
          </Fact>
          {job.sha && (
            <Fact name="Commit">
              <code className="font-mono text-xs" title={job.sha}>
                {job.sha.slice(0, 12)}
              </code>
            </Fact>
          )}
          <Fact name="Stage">{job.stage}</Fact>
          {job.kind === 'build' && <Fact name="Tags">{job.tags.length > 0 ? <Tags tags={job.tags} /> : 'none'}</Fact>}
          {job.kind === 'build' && (
            <Fact name="Time limit">
              {job.timeout === null ? 'set by the project' : secondsInWords(job.timeout)}
              {job.timeoutSource && <span className="text-soft">, {TIMEOUT_SOURCES[job.timeoutSource]}</span>}
            </Fact>
          )}
          {job.coverage !== null && <Fact name="Coverage">{percentage(job.coverage)}</Fact>}
          {job.retryOf !== null && (
            <Fact name="Retry of">
              <JobLink id={job.retryOf} />
            </Fact>
          )}
          {job.retriedBy !== null && (
            <Fact name="Retried by">
              <JobLink id={job.retriedBy} />
            </Fact>
          )}
          {job.dependencies.length > 0 && (
            <Fact name="Depends on">
              <span className="flex flex-wrap gap-x-2">
                {job.dependencies.map((id) => (
                  <JobLink key={id} id={id} />
                ))}
              </span>
            </Fact>
          )}
          {job.erasedAt !== null && (
            <Fact name="Erased">
              log and artifacts, <Ago at={job.erasedAt} />
            </Fact>
          )}
          {job.logRemovedAt !== null && job.erasedAt === null && (
            <Fact name="Log removed">
              for its age, <Ago at={job.logRemovedAt} />
            </Fact>
          )}
          <Fact name="History">
            <OnRecord kind="job" id={job.id} />
          </Fact>
        </Facts>
      </Panel>
      {job.startedAt !== null && job.kind === 'build' && <RanBy job={job} details={details} />}
      {details && <Told job={job} details={details} />}
    </>
  )
}

const JobLink = ({ id }: { id: number }) => (
  <Link to="/jobs/$jobId" params={{ jobId: id }} className="hover:underline">
    #{id}
  </Link>
)

function RanBy({ job, details }: { job: Job; details: JobDetails | undefined }) {
  const runner = details?.runner
  const manager = details?.manager
  return (
    <Panel title="Runner">
      <Facts>
        <Fact name="Runner">
          {runner ? (
            <Link to="/runners/$runnerId" params={{ runnerId: runner.id }} className="hover:underline">
              {runnerName(runner)}
            </Link>
          ) : details || job.runnerId === null ? (
            'since removed'
          ) : (
            `#${job.runnerId}`
          )}
        </Fact>
        {manager && (
          <>
            <Fact name="Manager">
              <code className="font-mono text-xs">{manager.systemId}</code>
            </Fact>
            <Fact name="Version">
              {[manager.version, [manager.platform, manager.architecture].filter(Boolean).join('/')]
                .filter(Boolean)
                .join(', ') || 'not reported'}
            </Fact>
            <Fact name="Executor">{manager.executor ?? 'not reported'}</Fact>
            {manager.ipAddress && <Fact name="Address">{manager.ipAddress}</Fact>}
          </>
        )}
      </Facts>
    </Panel>
  )
}

/** Script, image and variables. */
function Told({ job, details: { definition, variables } }: { job: Job; details: JobDetails }) {
  const scripts = [
    ['Before', definition.beforeScript],
    ['Script', definition.script],
    ['After', definition.afterScript],
  ] as const
  return (
    <>
      {job.kind === 'build' && (
        <Panel title="Script">
          <div className="grid grid-cols-1 gap-3">
            {definition.image && (
              <Facts>
                <Fact name="Image">
                  <code className="font-mono text-xs">{definition.image}</code>
                </Fact>
                {definition.services.length > 0 && (
                  <Fact name="Services">{definition.services.map(({ name }) => name).join(', ')}</Fact>
                )}
              </Facts>
            )}
            {scripts
              .filter(([, lines]) => lines.length > 0)
              .map(([name, lines]) => (
                <div key={name}>
                  {name !== 'Script' && <h3 className="label-caps">{name}</h3>}
                  <pre className="max-h-60 overflow-auto rounded-md border border-line bg-log-ground px-3 py-2 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
                    {lines.join('\n')}
                  </pre>
                </div>
              ))}
          </div>
        </Panel>
      )}
      <Variables variables={variables} />
    </>
  )
}

/** The variables of a job: the first few, then all on request. */
function Variables({ variables }: Pick<JobDetails, 'variables'>) {
  const [all, setAll] = useState(false)
  const shown = all ? variables : variables.slice(0, FIRST_VARIABLES)
  return (
    <Panel title={`Variables${variables.length > 0 ? ` (${variables.length})` : ''}`} flush>
      {variables.length === 0 ? (
        <p className="px-4 py-3 text-sm text-soft">It has no variables of its own.</p>
      ) : (
        <ul>
          {shown.map(({ key, value, masked, file, from }) => (
            <li key={`${from} ${key}`} className="border-b border-line px-4 py-1.5 last:border-0">
              <div className="flex items-center justify-between gap-2">
                <code className="truncate font-mono text-xs font-semibold">{key}</code>
                <span className="flex shrink-0 gap-1">
                  {file && <Chip>file</Chip>}
                  <Chip>{from}</Chip>
                </span>
              </div>
              {masked ? (
                <span className="inline-flex items-center gap-1 text-xs text-soft">
                  <LockIcon className="size-3.5" /> hidden
                </span>
              ) : (
                <code className="font-mono text-xs break-all text-soft">{value}</code>
              )}
            </li>
          ))}
        </ul>
      )}
      {shown.length < variables.length && (
        <div className="border-t border-line px-2 py-1">
          <Button kind="quiet" onClick={() => setAll(true)}>
            Show all {variables.length}
          </Button>
        </div>
      )}
    </Panel>
  )
}

/** Says in words why a job failed, and with which exit code. */
export function FailureNotice({ job }: { job: Job }) {
  if (job.status !== 'failed' || job.failureReason === null) return null
  const code = job.exitCode
  const meaning = code === null ? null : exitCodeWords(code)
  return (
    <p
      className={`mb-4 flex flex-wrap items-baseline gap-x-2 rounded-md px-4 py-2.5 text-sm ${job.allowFailure ? 'bg-warn-wash text-warn' : 'bg-bad-wash text-bad'}`}
    >
      <span className="font-medium">
        {job.kind === 'trigger' && job.downstreamPipelineId !== null
          ? 'The child pipeline did not succeed'
          : failureWords(job.failureReason)}
      </span>
      {code !== null && (
        <span>
          Exit code {code}
          {meaning && `: ${meaning}`}
        </span>
      )}
      {job.allowFailure && <span>This job is allowed to fail.</span>}
      {job.failureDetail !== null && (
        <span className="w-full whitespace-pre-line break-words">{job.failureDetail}</span>
      )}
      <FailureQuote job={job} />
    </p>
  )
}
