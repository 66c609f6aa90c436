import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ProjectUsed, RunnerUsed } from '../../api.ts'
import { bytes } from '../../lib/bytes.ts'
import type { Stored } from '../../lib/lists.ts'
import { duration } from '../../lib/time.ts'
import { type Column, DataTable, ROW_LINK } from '../data-table.tsx'
import { Empty } from '../page.tsx'
import { Meter } from './meter.tsx'

const minutesFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const factorFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 })

const none = <span className="text-soft">–</span>
const most = <Row,>(rows: readonly Row[], of: (row: Row) => number) => Math.max(0, ...rows.map(of))

interface ProjectRow extends Omit<ProjectUsed, 'projectId'> {
  readonly id: number
  readonly artifactBytes: number
}

/** Projects whose jobs ran in the month, and those that store something now. */
export function ProjectUsageTable({
  used,
  stored,
  stale,
}: {
  used: readonly ProjectUsed[] | undefined
  stored: readonly Stored[] | undefined
  stale: boolean
}) {
  const rows = used && stored && projectRows(used, stored)
  if (rows?.length === 0) return <Nothing>No job ended in this month, and no artifact is stored.</Nothing>
  const mostMinutes = most(rows ?? [], ({ computeMinutes }) => computeMinutes)
  const mostBytes = most(rows ?? [], ({ artifactBytes }) => artifactBytes)
  const minutes = (row: ProjectRow) => (
    <Meter value={row.computeMinutes} most={mostMinutes}>
      {`${minutesFormat.format(row.computeMinutes)} min`}
    </Meter>
  )
  const size = (row: ProjectRow) =>
    row.artifactBytes === 0 ? (
      none
    ) : (
      <Meter value={row.artifactBytes} most={mostBytes}>
        {bytes(row.artifactBytes)}
      </Meter>
    )
  const columns: readonly Column<ProjectRow>[] = [
    { header: 'Project', cell: (row) => <ProjectLink row={row} /> },
    { header: 'Jobs', width: 'w-16', align: 'right', cell: ({ jobs }) => jobs },
    { header: 'Compute minutes', width: 'w-[30%]', cell: minutes },
    { header: 'Artifacts now', width: 'w-[30%]', cell: size },
  ]
  return (
    <DataTable
      label="Usage by project"
      rows={rows}
      columns={columns}
      stale={stale}
      card={(row) => (
        <Card title={<ProjectLink row={row} />} jobs={row.jobs}>
          {minutes(row)}
          {row.artifactBytes > 0 && size(row)}
        </Card>
      )}
    />
  )
}

const NOT_RUN = { jobs: 0, runSeconds: 0, computeMinutes: 0 }

function projectRows(used: readonly ProjectUsed[], stored: readonly Stored[]): ProjectRow[] {
  const bytesOf = new Map(stored.map(({ id, artifactBytes }) => [id, artifactBytes]))
  const ran = new Set(used.map(({ projectId }) => projectId))
  return [
    ...used.map(({ projectId, ...usage }) => ({ ...usage, id: projectId, artifactBytes: bytesOf.get(projectId) ?? 0 })),
    ...stored
      .filter(({ id, artifactBytes }) => artifactBytes > 0 && !ran.has(id))
      .map(({ id, path, artifactBytes }) => ({ ...NOT_RUN, id, path, artifactBytes })),
  ]
}

const ProjectLink = ({ row: { id, path } }: { row: ProjectRow }) => (
  <Link to="/projects/$projectId" params={{ projectId: id }} data-row="" className={ROW_LINK}>
    {path}
  </Link>
)

interface RunnerRow extends RunnerUsed {
  readonly id: number
}

export function RunnerUsageTable({ used, stale }: { used: readonly RunnerUsed[] | undefined; stale: boolean }) {
  const rows = used?.map((runner) => ({ ...runner, id: runner.runnerId }))
  if (rows?.length === 0) return <Nothing>No runner finished a job in this month.</Nothing>
  const mostMinutes = most(rows ?? [], ({ computeMinutes }) => computeMinutes)
  const minutes = (row: RunnerRow) => (
    <Meter value={row.computeMinutes} most={mostMinutes}>
      {`${minutesFormat.format(row.computeMinutes)} min`}
    </Meter>
  )
  const columns: readonly Column<RunnerRow>[] = [
    { header: 'Runner', cell: (row) => <RunnerLink row={row} /> },
    { header: 'Jobs', width: 'w-16', align: 'right', cell: ({ jobs }) => jobs },
    { header: 'Compute minutes', width: 'w-[30%]', cell: minutes },
    { header: 'Ran', width: 'w-28', align: 'right', cell: ({ runSeconds }) => duration(runSeconds * 1000) },
    {
      header: 'Factor',
      width: 'w-20',
      align: 'right',
      cell: ({ costFactor }) => (costFactor === null ? none : factorFormat.format(costFactor)),
    },
  ]
  return (
    <DataTable
      label="Usage by runner"
      rows={rows}
      columns={columns}
      stale={stale}
      card={(row) => (
        <Card title={<RunnerLink row={row} />} jobs={row.jobs}>
          {minutes(row)}
        </Card>
      )}
    />
  )
}

function RunnerLink({ row: { id, description, costFactor } }: { row: RunnerRow }) {
  if (costFactor === null) return <span className="text-soft">Runner {id}, removed since</span>
  return (
    <Link to="/runners/$runnerId" params={{ runnerId: id }} data-row="" className={ROW_LINK}>
      {description?.trim() || `Runner ${id}`}
    </Link>
  )
}

function Card({ title, jobs, children }: { title: ReactNode; jobs: number; children: ReactNode }) {
  return (
    <div className="grid gap-1 text-sm">
      <span className="flex justify-between gap-3">
        <span className="truncate">{title}</span>
        <span className="shrink-0 text-xs text-soft">
          {jobs} {jobs === 1 ? 'job' : 'jobs'}
        </span>
      </span>
      {children}
    </div>
  )
}

const Nothing = ({ children }: { children: string }) => (
  <Empty title="Nothing was used">
    <p className="text-soft">{children}</p>
  </Empty>
)
