import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { OnRecord } from '../components/audit-event.tsx'
import { CommitStatusesPanel } from '../components/commit-statuses/commit-statuses-panel.tsx'
import { HooksPanel } from '../components/hooks/hooks-panel.tsx'
import { BadgesPanel } from '../components/projects/badges-panel.tsx'
import { EnvironmentsPanel } from '../components/projects/environments-panel.tsx'
import { ProjectForm } from '../components/projects/project-form.tsx'
import { ProjectTokensPanel } from '../components/projects/project-tokens-panel.tsx'
import { RepositoryPanel } from '../components/projects/repository-panel.tsx'
import { ResourceGroupsPanel } from '../components/projects/resource-groups-panel.tsx'
import { RegistrationToken } from '../components/runners/registration-token.tsx'
import { useAction } from '../components/ui/action.ts'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { Confirm } from '../components/ui/dialog.tsx'
import { TrashIcon } from '../components/ui/icons.tsx'
import { Fact, Facts, Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import { Ago } from '../components/ui/time.tsx'
import { type Project, trpc } from '../lib/api.ts'
import { bytes } from '../lib/bytes.ts'
import { codeOf } from '../lib/refusal.ts'
import { NotFoundPage } from './not-found.tsx'

const route = getRouteApi('/shell/projects/$projectId')

export function ProjectPage() {
  const { projectId } = route.useParams()
  const project = useQuery(trpc.projects.get.queryOptions({ id: projectId }))
  const { data } = project
  if (['NOT_FOUND', 'BAD_REQUEST'].includes(codeOf(project.error) ?? '')) return <NotFoundPage what="project" />
  if (project.isError && !data) return <Failed error={project.error} onRetry={() => void project.refetch()} />
  return (
    <>
      <PageHeader
        above={
          <Link to="/projects" className="hover:underline">
            Projects
          </Link>
        }
        title={data?.path ?? `Project ${projectId}`}
        tab={data?.path ?? `Project ${projectId}`}
        beside={<span className="text-soft">#{projectId}</span>}
      >
        <Link to="/jobs" search={{ project: projectId }} className={buttonStyle()}>
          Its jobs
        </Link>
        <Link to="/schedules" search={{ project: projectId }} className={buttonStyle()}>
          Schedules
        </Link>
        {data && data.path !== 'default' && <RemoveProject project={data} />}
      </PageHeader>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="grid min-w-0 gap-4">
          <EnvironmentsPanel projectId={projectId} />
          <ResourceGroupsPanel projectId={projectId} />
          {data && <CommitStatusesPanel key={`statuses ${data.id}`} project={data} />}
          <HooksPanel key={projectId} projectId={projectId} />
          {data ? (
            <ProjectForm key={data.id} project={data} />
          ) : (
            <div className="h-[36rem] rounded-lg border border-line bg-panel" />
          )}
        </div>
        <div className="grid gap-4">
          {data ? (
            <>
              <RepositoryPanel project={data} />
              <Registration project={data} />
              <Panel title="Storage">
                <Facts>
                  <Fact name="Artifacts">
                    {data.usage.artifactCount === 0
                      ? 'none'
                      : `${data.usage.artifactCount}, ${bytes(data.usage.artifactBytes)}`}
                  </Fact>
                  <Fact name="Created">
                    <Ago at={data.createdAt} />
                  </Fact>
                  <Fact name="History">
                    <OnRecord kind="project" id={data.id} />
                  </Fact>
                </Facts>
              </Panel>
              <ProjectTokensPanel project={data} />
              <BadgesPanel project={data} />
            </>
          ) : (
            <Panel title="Registration token">
              <div className="h-16" />
            </Panel>
          )}
        </div>
      </div>
    </>
  )
}

function Registration({ project }: { project: Project }) {
  const queries = useQueryClient()
  const rotate = useAction(trpc.projects.rotateRegistrationToken.mutationOptions(), 'Token rotated', () =>
    queries.invalidateQueries(trpc.projects.pathFilter()),
  )
  return (
    <Panel title="Registration token">
      <div className="grid gap-2">
        <RegistrationToken
          token={project.registrationToken}
          of="the project"
          busy={rotate.isPending}
          onRotate={(after) => rotate.mutate({ id: project.id }, { onSuccess: after })}
        />
        <p className="text-xs text-soft">Runners registered with it serve this project.</p>
      </div>
    </Panel>
  )
}

function RemoveProject({ project }: { project: Project }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState(false)
  const remove = useAction(trpc.projects.remove.mutationOptions(), `${project.path} removed`, () => {
    void navigate({ to: '/projects' })
    void queries.invalidateQueries(trpc.projects.pathFilter())
  })
  return (
    <>
      <Button kind="danger" onClick={() => setAsked(true)}>
        <TrashIcon /> Remove
      </Button>
      {asked && (
        <Confirm
          title={`Remove ${project.path}?`}
          action="Remove the project"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ id: project.id })}
          onClose={() => setAsked(false)}
        >
          <p>
            Its waiting jobs will never run, and requests from running ones are refused. Its path can be used again.
          </p>
        </Confirm>
      )}
    </>
  )
}
