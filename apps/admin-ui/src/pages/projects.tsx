import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { NewProject } from '../components/projects/new-project.tsx'
import { Button, buttonStyle } from '../components/ui/button.tsx'
import { Chip } from '../components/ui/chip.tsx'
import { type Column, DataTable, ROW_LINK } from '../components/ui/data-table.tsx'
import { Filters, TextFilter } from '../components/ui/filters.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed, PageHeader } from '../components/ui/page.tsx'
import { Ago } from '../components/ui/time.tsx'
import { type Project, trpc } from '../lib/api.ts'
import { bytes } from '../lib/bytes.ts'
import { given } from '../lib/search.ts'

const route = getRouteApi('/shell/projects')
const PAGE = 50

const ProjectLink = ({ project }: { project: Project }) => (
  <Link to="/projects/$projectId" params={{ projectId: project.id }} data-row="" className={ROW_LINK}>
    {project.path}
  </Link>
)

function Flags({ project }: { project: Project }) {
  return (
    <span className="inline-flex gap-1">
      {project.damaged.length > 0 && <Chip tone="warn">damaged</Chip>}
      {!project.ciEnabled && <Chip tone="warn">CI off</Chip>}
      {!project.instanceRunnersEnabled && <Chip>no instance runners</Chip>}
      {project.groupPath && !project.groupRunnersEnabled && <Chip>no group runners</Chip>}
    </span>
  )
}

const COLUMNS: readonly Column<Project>[] = [
  {
    header: 'Project',
    cell: (project) => (
      <span className="flex items-center gap-2">
        <span className="min-w-0 truncate">
          <ProjectLink project={project} />
        </span>
        <Flags project={project} />
      </span>
    ),
  },
  {
    header: 'Repository',
    width: 'w-[28%]',
    cell: (project) =>
      project.repoUrl ? (
        <span className="font-mono text-xs text-soft">{project.repoUrl}</span>
      ) : (
        <span className="text-soft">none</span>
      ),
  },
  {
    header: 'Default branch',
    width: 'w-32',
    cell: (project) => <span className="font-mono text-xs">{project.defaultBranch}</span>,
  },
  { header: 'Variables', width: 'w-24', align: 'right', cell: (project) => project.variables.length },
  {
    header: 'Artifacts',
    width: 'w-28',
    align: 'right',
    cell: (project) =>
      project.usage.artifactCount === 0 ? <span className="text-soft">–</span> : bytes(project.usage.artifactBytes),
  },
  {
    header: 'Created',
    width: 'w-28',
    align: 'right',
    cell: (project) => (
      <span className="text-soft">
        <Ago at={project.createdAt} />
      </span>
    ),
  },
]

export function ProjectsPage() {
  const { q, new: isNew } = route.useSearch()
  const navigate = useNavigate({ from: '/projects' })
  const projects = useInfiniteQuery(
    trpc.projects.list.infiniteQueryOptions(
      { limit: PAGE, ...given({ search: q }) },
      {
        getNextPageParam: ({ nextCursor }) => nextCursor,
        placeholderData: keepPreviousData,
        refetchOnWindowFocus: true,
      },
    ),
  )
  const rows = projects.data?.pages.flatMap(({ items }) => items)
  const openForm = (open: boolean) =>
    void navigate({ search: (before) => given({ ...before, new: open ? true : undefined }), replace: !open })
  return (
    <>
      <PageHeader title="Projects">
        <Button kind="primary" data-new="" onClick={() => openForm(true)}>
          <PlusIcon /> New project
        </Button>
      </PageHeader>
      <Filters
        label="Filter projects"
        active={q !== undefined}
        onClear={() => void navigate({ search: {}, replace: true })}
      >
        <TextFilter
          wide
          label="Search path and name"
          value={q}
          onChange={(next) => void navigate({ search: given({ q: next }), replace: true })}
        />
      </Filters>
      {projects.isError && !rows ? (
        <Failed error={projects.error} onRetry={() => void projects.refetch()} />
      ) : rows?.length === 0 && !projects.isPlaceholderData ? (
        <Empty title="No projects match">
          <Link to="/projects" className={buttonStyle()}>
            Show all projects
          </Link>
        </Empty>
      ) : (
        <DataTable
          label="Projects, newest first"
          rows={rows}
          columns={COLUMNS}
          stale={projects.isPlaceholderData}
          card={(project) => (
            <div className="grid gap-1 text-sm">
              <span className="flex items-center justify-between gap-2">
                <span className="truncate">
                  <ProjectLink project={project} />
                </span>
                <Flags project={project} />
              </span>
              <span className="truncate text-xs text-soft">
                {project.defaultBranch} · {project.variables.length} variables · created <Ago at={project.createdAt} />
              </span>
            </div>
          )}
        />
      )}
      {projects.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={projects.isFetchingNextPage} onClick={() => void projects.fetchNextPage()}>
            Show older projects
          </Button>
        </div>
      )}
      {isNew && <NewProject onClose={() => openForm(false)} />}
    </>
  )
}
